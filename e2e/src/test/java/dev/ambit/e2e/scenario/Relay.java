package dev.ambit.e2e.scenario;

import dev.ambit.e2e.app.App;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Running;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The proxy of a waypoint whose tunnels its node's ztunnel takes ("sandwich"): plain TCP in, plain
/// TCP out. `Relay PORT HOST:PORT` connects there; `Relay PORT proxy` to where a PROXY header, the
/// binary one of version 2, says that the client wanted to go, and prints the header.
public final class Relay {
    private static final int SIGNATURE_BYTES = 12;
    private static final int IPV4_TCP = 0x11;

    private Relay() {}

    static Running startIn(MeshLab mesh, MeshPod pod, int port, String target) {
        var command =
                List.of(
                        App.java(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx32m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Relay.class.getName(),
                        Integer.toString(port),
                        target);
        var spec = ProcessSpec.of("relay-" + pod.place(), command);
        return App.awaitReady(mesh.lab().processes().start(pod.place().netns(), spec));
    }

    public static void main(String[] arguments) throws IOException {
        var listener = new ServerSocket(Integer.parseInt(arguments[0]));
        System.out.println("ready " + arguments[0]);
        while (true) {
            var client = listener.accept();
            Thread.ofVirtual().start(() -> serve(client, arguments[1]));
        }
    }

    static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        return new InetSocketAddress(
                InetAddress.ofLiteral(text.substring(0, colon)),
                Integer.parseInt(text.substring(colon + 1)));
    }

    private static void serve(Socket client, String target) {
        try (client) {
            var in = new DataInputStream(client.getInputStream());
            var to = target.equals("proxy") ? header(in) : address(target);
            try (var server = new Socket(to.getAddress(), to.getPort())) {
                var back = Thread.ofVirtual().start(() -> copy(server, client));
                in.transferTo(server.getOutputStream());
                server.shutdownOutput();
                back.join();
            }
        } catch (IOException | InterruptedException e) {
            System.out.println("relay ended: " + e);
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            System.out.println("relay's way back ended: " + e);
        }
    }

    private static InetSocketAddress header(DataInputStream in) throws IOException {
        in.skipNBytes(SIGNATURE_BYTES);
        int command = in.readUnsignedByte();
        int family = in.readUnsignedByte();
        if (command != 0x21 || family != IPV4_TCP) {
            throw new IOException("PROXY header: command %x, family %x".formatted(command, family));
        }
        var rest = ByteBuffer.wrap(in.readNBytes(in.readUnsignedShort()));
        var source = address(rest);
        var destination = address(rest);
        int from = rest.getShort() & 0xFFFF;
        int to = rest.getShort() & 0xFFFF;
        var text = new StringBuilder();
        while (rest.remaining() > 2) {
            int type = rest.get() & 0xFF;
            var value = new byte[rest.getShort() & 0xFFFF];
            rest.get(value);
            text.append(" %x=%s".formatted(type, new String(value, StandardCharsets.UTF_8)));
        }
        System.out.println(
                "proxy %s:%d to %s:%d%s"
                        .formatted(
                                source.getHostAddress(),
                                from,
                                destination.getHostAddress(),
                                to,
                                text));
        return new InetSocketAddress(destination, to);
    }

    private static InetAddress address(ByteBuffer bytes) throws IOException {
        var octets = new byte[4];
        bytes.get(octets);
        return InetAddress.getByAddress(octets);
    }
}
