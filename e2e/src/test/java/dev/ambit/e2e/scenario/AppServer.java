package dev.ambit.e2e.scenario;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.ambit.e2e.app.App;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Running;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Locale;

/// An application that speaks what `EchoServer` does not: gRPC without TLS on one port, and on
/// another one HTTP/1.1 that takes every upgrade and then sends back what it gets.
public final class AppServer {
    static final int GRPC = 9090;
    static final int UPGRADES = 8090;
    private static final int MOST_HEAD_BYTES = 16 * 1024;

    private AppServer() {}

    static Running startIn(MeshLab mesh, MeshPod pod) {
        var command =
                List.of(
                        App.java(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        AppServer.class.getName());
        var spec = ProcessSpec.of("app-" + pod.place(), command);
        return App.awaitReady(mesh.lab().processes().start(pod.place().netns(), spec));
    }

    public static void main(String[] arguments) throws IOException {
        NettyServerBuilder.forPort(GRPC).addService(service()).build().start();
        var listener = new ServerSocket(UPGRADES);
        System.out.println("ready " + GRPC + " " + UPGRADES);
        while (true) {
            var socket = listener.accept();
            Thread.ofVirtual().start(() -> serve(socket));
        }
    }

    /// `lab.Echo/Say` answers with its request, `lab.Echo/Refuse` with a status and a message.
    private static ServerServiceDefinition service() {
        return ServerServiceDefinition.builder("lab.Echo")
                .addMethod(
                        method("Say"),
                        ServerCalls.asyncUnaryCall((request, answer) -> {
                            answer.onNext(request);
                            answer.onCompleted();
                        }))
                .addMethod(
                        method("Refuse"),
                        ServerCalls.asyncUnaryCall((request, answer) ->
                                answer.onError(
                                        Status.FAILED_PRECONDITION
                                                .withDescription("not today")
                                                .asRuntimeException())))
                .build();
    }

    private static MethodDescriptor<byte[], byte[]> method(String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(MethodDescriptor.generateFullMethodName("lab.Echo", name))
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
    }

    private record Bytes() implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void serve(Socket socket) {
        try (socket) {
            var in = socket.getInputStream();
            var out = socket.getOutputStream();
            for (var head = head(in); !head.isEmpty(); head = head(in)) {
                if (head.toLowerCase(Locale.ROOT).contains("\r\nupgrade: websocket")) {
                    out.write(
                            ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                            + "Upgrade: websocket\r\n\r\n")
                                    .getBytes(US_ASCII));
                    in.transferTo(out);
                    return;
                }
                out.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nplain\n".getBytes(US_ASCII));
            }
        } catch (IOException e) {
            System.out.println("ended: " + e);
        }
    }

    /// Up to the empty line; empty at the end of the connection.
    static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.length() < MOST_HEAD_BYTES && head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            head.append(new String(new byte[] {(byte) next}, ISO_8859_1));
        }
        return head.toString();
    }
}
