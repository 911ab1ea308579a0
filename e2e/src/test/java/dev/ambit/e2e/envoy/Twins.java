package dev.ambit.e2e.envoy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A real Envoy and ours beside it, with the same configuration and the same applications: both are
/// asked the same, and what both answered, sent upstream and logged is compared.
final class Twins implements AutoCloseable {
    /// Says nothing about the waypoint: time, chance, and who happened to be chosen.
    private static final Set<String> BY_CHANCE =
            Set.of(
                    "date",
                    "x-request-id",
                    "x-http2-stream-id",
                    "x-envoy-upstream-service-time",
                    "x-b3-traceid",
                    "x-b3-spanid",
                    "x-b3-parentspanid",
                    "x-b3-sampled",
                    "traceparent",
                    "tracestate",
                    "set-cookie");

    private static final int LOTS = 6;
    private static final Pattern EPHEMERAL =
            Pattern.compile("(?<=\\.[0-9]{1,3}):(3[3-9]|[45][0-9]|6[0-5])[0-9]{3}\\b");

    private final WaypointLab envoy;
    private final WaypointLab ambit;
    private final ExecutorService asking = Executors.newVirtualThreadPerTaskExecutor();
    private int askedAgain;

    Twins(WaypointLab envoy, WaypointLab ambit) {
        this.envoy = envoy;
        this.ambit = ambit;
    }

    /// What one of them did with a request.
    ///
    /// @param lines of its log about it
    record Seen(JsonObject answer, List<JsonObject> lines) {}

    /// What differs; empty where nothing does. Weights and hosts are drawn by lot, and so is
    /// whether a client that has left is noticed: both are asked again, and what one of them did
    /// once and the other one did once too is no difference.
    ///
    /// @param purposeful differences that are known
    List<String> ask(JsonObject request, Predicate<String> purposeful) throws Exception {
        var theirs = new ArrayList<Seen>();
        var ours = new ArrayList<Seen>();
        var least = new ArrayList<String>();
        for (int round = 0; round < LOTS; round++) {
            askedAgain += Math.min(round, 1);
            var here = asking.submit(() -> ask(ambit, request));
            theirs.add(ask(envoy, request));
            ours.add(here.get());
            for (int other = 0; other <= round; other++) {
                for (var differences :
                        List.of(
                                compare(theirs.get(round), ours.get(other)),
                                compare(theirs.get(other), ours.get(round)))) {
                    if (differences.stream().allMatch(purposeful)) {
                        return differences;
                    }
                    if (least.isEmpty() || differences.size() < least.size()) {
                        least = new ArrayList<>(differences);
                    }
                }
            }
        }
        return least;
    }

    int askedAgain() {
        return askedAgain;
    }

    private static List<String> compare(Seen theirs, Seen ours) {
        var differences = new ArrayList<String>();
        compare("answer", theirs.answer(), ours.answer(), differences);
        if (theirs.lines().size() != ours.lines().size()) {
            differences.add("log: envoy %s, ambit %s".formatted(theirs.lines(), ours.lines()));
        } else {
            for (int i = 0; i < theirs.lines().size(); i++) {
                compare("log", theirs.lines().get(i), ours.lines().get(i), differences);
            }
        }
        return differences;
    }

    private static Seen ask(WaypointLab lab, JsonObject request) throws IOException {
        long before = lines(lab).count();
        var answer = lab.ask(request);
        if (answer.has("status") || answer.has("raw")) {
            lab.logs(() -> lines(lab).count() > before);
        }
        return new Seen(
                answer,
                lines(lab)
                        .skip(before)
                        .map(line -> JsonParser.parseString(line).getAsJsonObject())
                        .toList());
    }

    private static Stream<String> lines(WaypointLab lab) {
        return lab.printed().stream()
                .filter(line ->
                        line.startsWith("{") && line.contains("\"" + AccessLogTap.MARK + "\""));
    }

    private static void compare(
            String what, JsonObject envoy, JsonObject ambit, List<String> differences) {
        var names = new TreeSet<String>(envoy.keySet());
        names.addAll(ambit.keySet());
        for (var name : names) {
            if (BY_CHANCE.contains(name)) {
                continue;
            }
            var theirs = envoy.get(name);
            var ours = ambit.get(name);
            var place = what + "." + name;
            if (name.equals("body") || name.equals("raw")) {
                body(place, lastPart(theirs), lastPart(ours), differences);
            } else if (theirs instanceof JsonObject a && ours instanceof JsonObject b) {
                compare(place, a, b, differences);
            } else if (!same(name, theirs, ours)) {
                differences.add("%s: envoy %s, ambit %s".formatted(place, theirs, ours));
            }
        }
    }

    /// What the application says of the request that reached it is compared field by field.
    private static void body(
            String place,
            @org.jspecify.annotations.Nullable JsonElement theirs,
            @org.jspecify.annotations.Nullable JsonElement ours,
            List<String> differences) {
        if (told(theirs) && told(ours)) {
            compare(
                    place,
                    JsonParser.parseString(Objects.requireNonNull(theirs).getAsString())
                            .getAsJsonObject(),
                    JsonParser.parseString(Objects.requireNonNull(ours).getAsString())
                            .getAsJsonObject(),
                    differences);
        } else if (!Objects.equals(theirs, ours)) {
            differences.add("%s: envoy %s, ambit %s".formatted(place, theirs, ours));
        }
    }

    /// Of bytes that are a response of HTTP/1, its body.
    private static @org.jspecify.annotations.Nullable JsonElement lastPart(
            @org.jspecify.annotations.Nullable JsonElement value) {
        return value instanceof JsonPrimitive text && text.getAsString().startsWith("HTTP/1.")
                ? new JsonPrimitive(text.getAsString().replaceFirst("(?s)^.*?\r\n\r\n", ""))
                : value;
    }

    private static boolean told(@org.jspecify.annotations.Nullable JsonElement body) {
        return body instanceof JsonPrimitive text && text.getAsString().startsWith("{\"app\"");
    }

    private static boolean same(
            String name,
            @org.jspecify.annotations.Nullable JsonElement theirs,
            @org.jspecify.annotations.Nullable JsonElement ours) {
        // Which of several hosts is a matter of chance; that there was one is not. A length
        // follows from what the application said of itself.
        if (Set.of("app", "count", "content-length", "sent").contains(name)) {
            return (theirs == null) == (ours == null);
        }
        return Objects.equals(withoutPort(theirs), withoutPort(ours));
    }

    /// The client's port is the kernel's choice.
    private static @org.jspecify.annotations.Nullable Object withoutPort(
            @org.jspecify.annotations.Nullable JsonElement value) {
        return value instanceof JsonPrimitive text && text.isString()
                ? EPHEMERAL.matcher(text.getAsString()).replaceAll(":PORT")
                : value;
    }

    String logs() {
        return "--- the lab of Envoy\n" + envoy.logs() + "\n--- the lab of Ambit\n" + ambit.logs();
    }

    @Override
    public void close() throws InterruptedException {
        try (asking;
                envoy) {
            ambit.close();
        }
    }
}
