package dev.ambit.e2e.envoy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.ambit.control.ControlSettings;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.l7.L7Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// A file `envoy/NAME.jsonl`: first a line with the recording and the proxy that is meant, then a
/// request in each line and what has to come back. Lines with `#` are comments.
///
/// `expect` has the fields of the answer that matter: `status`, `error`, `headers` (of the
/// response, `null`: absent), `app` (a text, or a list of which one), and whatever else the
/// application says of the request that reached it: `path`, `method`, `peer`, `protocol`, `count`,
/// `got` (headers of the request as it came, `null`: absent), `body` for a body that is no
/// application's.
record EnvoyTable(String recording, String proxy, List<Row> rows) {
    private static final String FOLDER = "/envoy/";

    static List<String> names() throws IOException {
        return lines("cases.txt");
    }

    static EnvoyTable read(String name) throws IOException {
        var lines = lines(name + ".jsonl");
        var head = JsonParser.parseString(lines.getFirst()).getAsJsonObject();
        var rows = new ArrayList<Row>();
        for (var line : lines.subList(1, lines.size())) {
            rows.add(new Row(JsonParser.parseString(line).getAsJsonObject()));
        }
        return new EnvoyTable(
                head.get("recording").getAsString(), head.get("proxy").getAsString(), rows);
    }

    private static List<String> lines(String file) throws IOException {
        try (var in = EnvoyTable.class.getResourceAsStream(FOLDER + file)) {
            var text =
                    new String(
                            Objects.requireNonNull(in, file).readAllBytes(),
                            StandardCharsets.UTF_8);
            return text.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList();
        }
    }

    /// As istiod was started: lines `NAME=VALUE (what it would be otherwise)`.
    static ControlSource.Settings settings(String flags) {
        var variables = new HashMap<String, String>();
        for (var line : flags.lines().toList()) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                variables.put(
                        line.substring(0, equals), line.substring(equals + 1).split(" ", 2)[0]);
            }
        }
        var compile =
                new CompileSettings(
                        "Kubernetes",
                        isOn(variables, "AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY"),
                        isOn(variables, "PILOT_AUTO_ALLOW_WAYPOINT_POLICY"),
                        isOn(variables, "AMBIENT_ENABLE_MULTI_NETWORK"),
                        true);
        return (input, jwks, issuer) ->
                ControlSettings.defaults(input, jwks, issuer)
                        .compiling(compile)
                        .forWaypoints(L7Settings.of(variables));
    }

    private static boolean isOn(Map<String, String> variables, String name) {
        return "true".equals(variables.get(name));
    }

    record Row(JsonObject request) {
        /// One line for each expectation that is not met.
        List<String> wrong(JsonObject answer) {
            var wrong = new ArrayList<String>();
            var expected = request.getAsJsonObject("expect");
            var told = told(answer);
            for (var entry : expected.entrySet()) {
                var name = entry.getKey();
                var seen =
                        switch (name) {
                            case "status", "error", "raw" -> answer.get(name);
                            case "headers" -> answer.get("headers");
                            case "got" -> told.get("headers");
                            case "body" -> told.has("app") ? told.get("body") : answer.get("body");
                            default -> told.get(name);
                        };
                if (!meets(entry.getValue(), seen)) {
                    wrong.add(
                            request.get("name")
                                    + ": "
                                    + name
                                    + ": expected "
                                    + entry.getValue()
                                    + " but was "
                                    + seen
                                    + " in "
                                    + answer);
                }
            }
            return wrong;
        }

        private static JsonObject told(JsonObject answer) {
            var body = answer.has("body") ? answer.get("body").getAsString() : "";
            return body.startsWith("{\"app\"")
                    ? JsonParser.parseString(body).getAsJsonObject()
                    : new JsonObject();
        }

        private static boolean meets(JsonElement expected, JsonElement seen) {
            if (expected.isJsonNull()) {
                return seen == null;
            }
            if (seen == null) {
                return false;
            }
            if (expected.isJsonArray()) {
                return expected.getAsJsonArray().contains(seen);
            }
            if (expected.isJsonObject() && seen.isJsonObject()) {
                return expected.getAsJsonObject().entrySet().stream()
                        .allMatch(e -> meets(e.getValue(), seen.getAsJsonObject().get(e.getKey())));
            }
            return expected.equals(seen);
        }
    }
}
