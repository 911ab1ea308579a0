package dev.ambit.e2e.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// The modes that are plain TCP.
final class RawServer {
    private static final int BLOCK_BYTES = 64 * 1024;
    private static final int LONGEST_LINE = 32;

    private RawServer() {}

    static void serve(Mode mode, ServerSocket listener) {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                Thread.ofVirtual().start(() -> handle(mode, socket));
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    System.err.println("accept: " + e);
                }
            }
        }
    }

    private static void handle(Mode mode, Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            var in = socket.getInputStream();
            var out = socket.getOutputStream();
            switch (mode) {
                case ECHO -> in.transferTo(out);
                case SINK -> say(out, in.transferTo(OutputStream.nullOutputStream()) + "\n");
                case SOURCE -> source(in, out);
                case HALFCLOSE -> {
                    say(out, "hello\n");
                    socket.shutdownOutput();
                    System.out.println("halfclose read " + count(in));
                }
                case RESET -> {
                    if (in.read() >= 0) {
                        socket.setSoLinger(true, 0);
                    }
                }
                case HTTP -> throw new IllegalArgumentException("HTTP is not a raw mode");
            }
        } catch (IOException e) {
            System.out.println(mode + " ended: " + e.getMessage());
        }
    }

    private static long count(InputStream in) throws IOException {
        return in.transferTo(OutputStream.nullOutputStream());
    }

    private static void source(InputStream in, OutputStream out) throws IOException {
        var line = new StringBuilder();
        for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
            line.append((char) next);
            if (line.length() > LONGEST_LINE) {
                throw new IOException("no line end within " + LONGEST_LINE + " bytes");
            }
        }
        long total = Long.parseLong(line.toString().strip());
        var block = new byte[BLOCK_BYTES];
        for (long sent = 0; sent < total; sent += block.length) {
            Pattern.fill(block, sent);
            out.write(block, 0, (int) Math.min(block.length, total - sent));
        }
    }

    private static void say(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
