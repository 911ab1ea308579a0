package dev.ambit.e2e.envoy;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/// Requests made up out of the parts of a table's, and of what is awkward.
final class ChanceRequests {
    private static final List<String> METHODS =
            List.of("GET", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "FOO");
    private static final List<String> TAILS =
            List.of(
                    "",
                    "",
                    "/",
                    "//x",
                    "/../up",
                    "/./same",
                    "/%2e%2e/up",
                    "?a=1",
                    "?a=1&b=2",
                    "/%20space",
                    "/caf%C3%A9",
                    ";v=1",
                    "/UPPER",
                    "#fragment",
                    "/%2Fslash",
                    "?x=%26",
                    "/a/b/c/d");
    private static final Map<String, List<String>> HEADERS =
            Map.ofEntries(
                    Map.entry("x-forwarded-for", List.of("1.2.3.4", "1.2.3.4, 5.6.7.8", "bad")),
                    Map.entry("x-forwarded-proto", List.of("https", "http", "ftp")),
                    Map.entry("x-forwarded-client-cert", List.of("By=spiffe://evil;URI=x")),
                    Map.entry("x-envoy-max-retries", List.of("0", "3", "x")),
                    Map.entry("x-envoy-retry-on", List.of("5xx", "gateway-error", "junk")),
                    Map.entry("x-envoy-upstream-rq-timeout-ms", List.of("1000", "0", "junk")),
                    Map.entry("x-envoy-internal", List.of("true")),
                    Map.entry("x-request-id", List.of("fixed-by-the-client")),
                    Map.entry("x-test-status", List.of("204", "304", "404", "500", "503")),
                    Map.entry("te", List.of("trailers", "gzip")),
                    Map.entry("accept-encoding", List.of("gzip")),
                    Map.entry("user-agent", List.of("twin/1", "")),
                    Map.entry("cookie", List.of("a=1; b=2", "session=x")),
                    Map.entry("origin", List.of("https://example.com")),
                    Map.entry("authorization", List.of("Bearer junk", "Basic dTpw")),
                    Map.entry("content-type", List.of("application/grpc", "text/plain")),
                    Map.entry("connection", List.of("close", "x-hop, keep-alive")),
                    Map.entry("x-hop", List.of("by hop")),
                    Map.entry("expect", List.of("100-continue")),
                    Map.entry("x-empty", List.of("")),
                    Map.entry("via", List.of("1.1 somebody")));

    private ChanceRequests() {}

    /// @param seed the same gives the same
    static List<JsonObject> like(EnvoyTable table, long seed, int count) {
        var random = new Random(seed);
        var rows =
                table.rows().stream()
                        .map(EnvoyTable.Row::request)
                        .filter(r -> !r.has("raw"))
                        .collect(Collectors.toList());
        var all = new ArrayList<JsonObject>();
        if (rows.isEmpty()) {
            return all;
        }
        for (int i = 0; i < count; i++) {
            all.add(one(random, rows, i));
        }
        return all;
    }

    private static JsonObject one(Random random, List<JsonObject> rows, int number) {
        var to = pick(random, rows);
        var path = pick(random, rows);
        var headers = pick(random, rows);
        var request = new JsonObject();
        request.addProperty("name", "by chance " + number);
        request.add("to", to.get("to"));
        if (to.has("as")) {
            request.add("as", to.get("as"));
        }
        request.addProperty("method", pick(random, METHODS));
        request.addProperty(
                "path",
                (path.has("path") ? path.get("path").getAsString() : "/") + pick(random, TAILS));
        if (random.nextInt(4) == 0) {
            request.addProperty("host", pick(random, List.of("other.example", "a.b:81", "UPPER")));
        } else if (to.has("host")) {
            request.add("host", to.get("host"));
        }
        var fields =
                headers.has("headers") && random.nextBoolean()
                        ? headers.getAsJsonObject("headers").deepCopy()
                        : new JsonObject();
        for (int i = random.nextInt(4); i > 0; i--) {
            var name = pick(random, HEADERS.keySet().stream().sorted().toList());
            fields.addProperty(name, pick(random, HEADERS.getOrDefault(name, List.of(""))));
        }
        if (!fields.has("x-test-delay")) {
            request.add("headers", fields);
        }
        if (random.nextInt(3) == 0) {
            request.addProperty("body", "x".repeat(random.nextInt(5_000)));
        }
        if (random.nextInt(4) == 0) {
            request.addProperty("http2", true);
        }
        return request;
    }

    private static <T> T pick(Random random, List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
