package dev.ambit.waypoint.xds.security;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// A real Envoy with one listener for each chain of HTTP filters. Requests that pass are answered
/// by itself; every answer tells what became known of the request on the way.
final class RealEnvoy implements AutoCloseable {
    /// Fields of the request, as the upstream would see them.
    static final List<String> FIELDS =
            List.of(
                    ":path",
                    "x-payload",
                    "x-sub",
                    "x-role",
                    "x-n",
                    "x-list",
                    "authorization",
                    "x-set",
                    "x-app",
                    "x-more",
                    "x-gone",
                    "x-user",
                    "x-envoy-auth-failure-mode-allowed");

    private final Process process;
    private final Path scratch;
    private final Map<String, Integer> ports;

    /// @param body of the local reply, before the rest was put around it
    record Answer(
            int status, String body, String details, Map<String, String> headers, String told) {}

    private RealEnvoy(Process process, Path scratch, Map<String, Integer> ports) {
        this.process = process;
        this.scratch = scratch;
        this.ports = ports;
    }

    static Optional<Path> binary() {
        return Optional.ofNullable(System.getenv("ENVOY_BIN")).map(Path::of);
    }

    /// @param chains lists of filters in JSON, by name
    /// @param clusters in JSON
    static RealEnvoy start(Path scratch, Map<String, List<String>> chains, List<String> clusters)
            throws Exception {
        var ports = new LinkedHashMap<String, Integer>();
        for (var name : chains.keySet()) {
            int port = freePort();
            while (ports.containsValue(port)) {
                port = freePort();
            }
            ports.put(name, port);
        }
        var config = scratch.resolve("envoy.json");
        var listeners = new ArrayList<String>();
        chains.forEach((name, filters) ->
                listeners.add(listener(requireNonNull(ports.get(name)), filters)));
        Files.writeString(
                config,
                "{\"static_resources\":{\"listeners\":["
                        + String.join(",\n", listeners)
                        + "],\"clusters\":["
                        + String.join(",\n", clusters)
                        + "]}}");
        var process =
                new ProcessBuilder(
                                binary().orElseThrow().toString(),
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
        var envoy = new RealEnvoy(process, scratch, ports);
        try {
            envoy.awaitListening();
        } catch (Exception | AssertionError failed) {
            envoy.close();
            throw failed;
        }
        return envoy;
    }

    private static String listener(int port, List<String> filters) {
        var told = new StringBuilder();
        for (var field : FIELDS) {
            told.append(",\\\"")
                    .append(field)
                    .append("\\\":\\\"%REQ(")
                    .append(field)
                    .append(")%\\\"");
        }
        var body =
                "%LOCAL_REPLY_BODY%\\n%RESPONSE_CODE_DETAILS%\\n"
                        + "{\\\"rbac\\\":%DYNAMIC_METADATA(envoy.filters.http.rbac)%"
                        + ",\\\"jwt\\\":%DYNAMIC_METADATA(envoy.filters.http.jwt_authn)%"
                        + ",\\\"authz\\\":%DYNAMIC_METADATA(envoy.filters.http.ext_authz)%"
                        + ",\\\"common\\\":%DYNAMIC_METADATA(envoy.common)%"
                        + told
                        + "}";
        return """
        {"address":{"socket_address":{"address":"127.0.0.1","port_value":%d}},
         "filter_chains":[{"filters":[{"name":"hcm","typed_config":{
          "@type":"type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
          "stat_prefix":"x","delayed_close_timeout":"0s",
          "local_reply_config":{"body_format":{"text_format_source":{"inline_string":"%s"}}},
          "route_config":{"virtual_hosts":[{"name":"v","domains":["*"],"routes":[
           {"match":{"prefix":"/"},"direct_response":{"status":200,"body":{"inline_string":"passes"}}}]}]},
          "http_filters":[%s,{"name":"router","typed_config":{
           "@type":"type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}]}]}\
        """
                .formatted(port, body, String.join(",", filters));
    }

    private static int freePort() throws IOException {
        try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    private void awaitListening() throws Exception {
        for (int port : ports.values()) {
            while (true) {
                try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    assertThat(socket.isConnected()).isTrue();
                    break;
                } catch (IOException notYet) {
                    assertThat(process.isAlive())
                            .as(Files.readString(scratch.resolve("envoy.log")))
                            .isTrue();
                    process.waitFor(20, TimeUnit.MILLISECONDS);
                }
            }
        }
    }

    int port(String chain) {
        return ports.getOrDefault(chain, 0);
    }

    /// @param fields alternating names and values
    Answer ask(String chain, String method, String path, List<String> fields, String body)
            throws IOException {
        var request = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
        for (int i = 0; i < fields.size(); i += 2) {
            request.append(fields.get(i)).append(": ").append(fields.get(i + 1)).append("\r\n");
        }
        if (!body.isEmpty()) {
            request.append("content-length: ").append(body.length()).append("\r\n");
        }
        request.append("connection: close\r\n\r\n").append(body);
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port(chain))) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
            var text =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return parse(text);
        }
    }

    private static Answer parse(String text) {
        int end = text.indexOf("\r\n\r\n");
        assertThat(end).as(text).isPositive();
        var lines = text.substring(0, end).split("\r\n", -1);
        var headers = new LinkedHashMap<String, String>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            headers.merge(
                    lines[i].substring(0, colon).toLowerCase(java.util.Locale.ROOT),
                    lines[i].substring(colon + 1).strip(),
                    (a, b) -> a + "," + b);
        }
        var body = text.substring(end + 4);
        int told = body.lastIndexOf('\n');
        int details = body.lastIndexOf('\n', told - 1);
        return new Answer(
                Integer.parseInt(lines[0].substring(9, 12)),
                body.substring(0, details),
                body.substring(details + 1, told),
                headers,
                body.substring(told + 1));
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        process.waitFor(10, TimeUnit.SECONDS);
    }
}
