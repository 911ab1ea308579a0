package dev.ambit.waypoint.http1;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Asks a real Envoy what the table of requests says about it; skipped where there is none.
class BesideEnvoyTest {
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");

    /// An answer may take so long; after it the connection is taken to be silent.
    private static final Duration SILENCE = Duration.ofMillis(700);

    private static final Map<String, String> SETTINGS =
            Map.of(
                    "-", "{}",
                    "http10",
                            "{http_protocol_options: {accept_http_10: true,"
                                    + " default_host_for_http_10: dflt.example}}",
                    "trailers", "{http_protocol_options: {enable_trailers: true}}",
                    "chunkedLength", "{http_protocol_options: {allow_chunked_length: true}}",
                    "underscoreReject",
                            "{common_http_protocol_options:"
                                    + " {headers_with_underscores_action: REJECT_REQUEST}}",
                    "underscoreDrop",
                            "{common_http_protocol_options:"
                                    + " {headers_with_underscores_action: DROP_HEADER}}",
                    "proxy100", "{proxy_100_continue: true}");

    @TempDir private Path scratch;

    @Test
    void requests_ofTheTable_areAnsweredAsItSays() throws Exception {
        var binary = Optional.ofNullable(System.getenv("ENVOY_BIN")).map(Path::of);
        assumeTrue(binary.isPresent(), "needs a real Envoy: ENVOY_BIN=PATH");
        // Closed last: it waits for those that the sockets' end lets go.
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                var upstream = new ServerSocket(0, 256, InetAddress.getLoopbackAddress())) {
            threads.submit(() -> serve(upstream, threads));
            var ports = new LinkedHashMap<String, Integer>();
            for (var name : SETTINGS.keySet()) {
                ports.put(name, freePort());
            }
            var config = scratch.resolve("envoy.yaml");
            Files.writeString(config, config(ports, upstream.getLocalPort()));
            var envoy =
                    new ProcessBuilder(
                                    binary.get().toString(),
                                    "-c",
                                    config.toString(),
                                    "--concurrency",
                                    "1",
                                    "-l",
                                    "error",
                                    "--use-dynamic-base-id")
                            .redirectErrorStream(true)
                            .redirectOutput(scratch.resolve("envoy.log").toFile())
                            .start();
            try {
                awaitListening(envoy, ports.values());
                var wrong = new ArrayList<String>();
                var asked = new ArrayList<Callable<String>>();
                var rows = RequestTableTest.rows();
                for (var row : rows) {
                    int port = requireNonNull(ports.get(row.options()));
                    asked.add(() -> ask(port, row.raw()));
                }
                var answers = threads.invokeAll(asked);
                for (int i = 0; i < rows.size(); i++) {
                    var row = rows.get(i);
                    var answer = answers.get(i).get();
                    if (!answer.equals(row.envoy())) {
                        wrong.add(row.name() + ": " + answer + ", the table says " + row.envoy());
                    }
                }
                assertThat(wrong).isEmpty();
            } finally {
                envoy.destroy();
                envoy.waitFor(10, TimeUnit.SECONDS);
            }
        }
    }

    private static String ask(int port, String raw) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(raw.getBytes(StandardCharsets.ISO_8859_1));
            var text = readUntilSilent(socket, SILENCE);
            var statuses = new ArrayList<String>();
            var found = STATUS.matcher(text);
            while (found.find()) {
                statuses.add(found.group(1));
            }
            return statuses.isEmpty() ? "-" : String.join(" ", statuses);
        }
    }

    private static String readUntilSilent(Socket socket, Duration silence) throws IOException {
        socket.setSoTimeout((int) silence.toMillis());
        var text = new StringBuilder();
        var buffer = new byte[8192];
        InputStream in = socket.getInputStream();
        try {
            int count;
            while ((count = in.read(buffer)) >= 0) {
                text.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
            }
        } catch (SocketTimeoutException silent) {
            return text.toString();
        }
        return text.toString();
    }

    /// Answers what comes once it stops coming, and ends.
    private static Object serve(ServerSocket upstream, java.util.concurrent.Executor threads) {
        try {
            while (true) {
                var socket = upstream.accept();
                threads.execute(() -> {
                    try (socket) {
                        readUntilSilent(socket, Duration.ofMillis(80));
                        socket.getOutputStream()
                                .write(
                                        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                                                .getBytes(StandardCharsets.US_ASCII));
                    } catch (IOException gone) {
                        // Envoy has given up.
                    }
                });
            }
        } catch (IOException closed) {
            return closed;
        }
    }

    private static int freePort() throws IOException {
        try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    private void awaitListening(Process envoy, Iterable<Integer> ports) throws Exception {
        for (int port : ports) {
            while (true) {
                try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    assertThat(socket.isConnected()).isTrue();
                    break;
                } catch (IOException notYet) {
                    assertThat(envoy.isAlive())
                            .as(Files.readString(scratch.resolve("envoy.log")))
                            .isTrue();
                    envoy.waitFor(20, TimeUnit.MILLISECONDS);
                }
            }
        }
    }

    private static String config(Map<String, Integer> ports, int upstream) {
        var listeners = new ArrayList<String>();
        ports.forEach((name, port) -> {
            var settings = requireNonNull(SETTINGS.get(name), name);
            listeners.add(
                    LISTENER.formatted(
                            port,
                            settings.substring(1, settings.length() - 1).isEmpty()
                                    ? ""
                                    : ", " + settings.substring(1, settings.length() - 1)));
        });
        return "static_resources: {listeners: [%s], clusters: [%s]}"
                .formatted(String.join(",\n", listeners), CLUSTER.formatted(upstream));
    }

    private static final String LISTENER =
            """
            {address: {socket_address: {address: 127.0.0.1, port_value: %d}},
             filter_chains: [{filters: [{name: hcm, typed_config: {
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
              stat_prefix: x, codec_type: AUTO,
              route_config: {virtual_hosts: [{name: v, domains: ["*"],
                routes: [{match: {prefix: /}, route: {cluster: up}}]}]},
              http_filters: [{name: router, typed_config: {
                "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]%s}}]}]}\
            """;

    private static final String CLUSTER =
            """
            {name: up, connect_timeout: 5s, load_assignment: {cluster_name: up, endpoints: [
              {lb_endpoints: [{endpoint: {address: {socket_address:
                {address: 127.0.0.1, port_value: %d}}}}]}]}}\
            """;
}
