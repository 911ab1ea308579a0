package dev.ambit.ztunnel.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;

/// A name server on the loopback that says what it is told to, over UDP and TCP on one port.
final class StubServer implements AutoCloseable {
    private final DatagramSocket udp;
    private final ServerSocket tcp;
    private final BiFunction<byte[], Boolean, List<byte[]>> answers;
    final List<byte[]> received = new CopyOnWriteArrayList<>();

    /// @param answers from query and whether it came over TCP to the messages that are sent
    StubServer(BiFunction<byte[], Boolean, List<byte[]>> answers) throws IOException {
        this.answers = answers;
        var loopback = InetAddress.ofLiteral("127.0.0.1");
        tcp = new ServerSocket(0, 50, loopback);
        udp = new DatagramSocket(tcp.getLocalPort(), loopback);
        Thread.ofVirtual().start(this::serveUdp);
        Thread.ofVirtual().start(this::serveTcp);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) udp.getLocalSocketAddress();
    }

    private void serveUdp() {
        var buffer = new byte[65_535];
        try {
            while (true) {
                var packet = new DatagramPacket(buffer, buffer.length);
                udp.receive(packet);
                var query = Arrays.copyOf(buffer, packet.getLength());
                received.add(query);
                for (var answer : answers.apply(query, false)) {
                    udp.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                }
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serveTcp() {
        try {
            while (true) {
                var socket = tcp.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var in = new DataInputStream(socket.getInputStream());
            var out = new DataOutputStream(socket.getOutputStream());
            var query = in.readNBytes(in.readUnsignedShort());
            received.add(query);
            for (var answer : answers.apply(query, true)) {
                out.writeShort(answer.length);
                out.write(answer);
            }
            out.flush();
        } catch (IOException closed) {
            // The other end has enough.
        }
    }

    @Override
    public void close() throws IOException {
        udp.close();
        tcp.close();
    }
}
