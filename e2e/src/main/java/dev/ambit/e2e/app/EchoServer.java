package dev.ambit.e2e.app;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;

/// The application in a pod: `EchoServer NAME MODE:PORT...`, for example `EchoServer shop/web
/// http:80 echo:9000`. Prints `ready NAME` when all ports listen, on every address of the pod.
/// Modes: see [Mode].
public final class EchoServer {
    private EchoServer() {}

    public static void main(String[] args) throws IOException {
        if (args.length < 2) {
            System.err.println("usage: EchoServer NAME MODE:PORT... (modes: http echo sink ...)");
            System.exit(2);
        }
        start(args[0], List.of(args).subList(1, args.length));
        System.out.println("ready " + args[0]);
    }

    /// Starts all ports and returns what closes them.
    static List<AutoCloseable> start(String name, List<String> ports) throws IOException {
        var open = new ArrayList<AutoCloseable>();
        for (String port : ports) {
            String[] parts = port.split(":", 2);
            if (parts.length != 2) {
                throw new IllegalArgumentException(
                        "port '" + port + "' (expected: MODE:PORT, for example http:80)");
            }
            var address = new InetSocketAddress(Integer.parseInt(parts[1]));
            open.add(listen(name, Mode.parse(parts[0]), address));
        }
        return open;
    }

    static AutoCloseable listen(String name, Mode mode, InetSocketAddress address)
            throws IOException {
        if (mode != Mode.HTTP) {
            var listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.bind(address);
            Thread.ofPlatform().name("listen-" + mode).start(() -> RawServer.serve(mode, listener));
            return listener;
        }
        HttpServer http = HttpServer.create(address, 0);
        http.createContext("/", exchange -> HttpAnswers.answer(name, exchange));
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.start();
        return () -> http.stop(0);
    }
}
