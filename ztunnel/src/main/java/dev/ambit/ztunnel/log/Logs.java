package dev.ambit.ztunnel.log;

import dev.ambit.ztunnel.telemetry.TelemetryLimits;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;

/// The process's log: levels by scope, changed while it runs; lines to stdout by a thread of their
/// own.
public final class Logs {
    /// Chatty libraries, and what would be heard of them.
    private static final Map<String, Level> QUIET =
            Map.of("io.netty", Level.WARNING, "io.grpc", Level.WARNING);

    private final LineWriter writer;
    private final String initial;
    private final Map<String, Level> levels = new TreeMap<>();

    /// Loggers that have a level of their own; java.util.logging forgets those that nobody holds.
    private final Map<String, Logger> held = new ConcurrentHashMap<>();

    private Logs(LineWriter writer, String initial) {
        this.writer = writer;
        this.initial = initial;
    }

    /// @param levels `info`, or `debug,a::b=trace`
    public static Logs install(String levels, boolean json) {
        return install(levels, json ? LogFormat.JSON : LogFormat.PLAIN, System.out);
    }

    static Logs install(String levels, LogFormat format, OutputStream out) {
        var limits = TelemetryLimits.defaults();
        var writer = new LineWriter(out, new LineFormat(format), limits);
        var root = Logger.getLogger("");
        for (var handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        root.addHandler(writer);
        var logs = new Logs(writer, levels);
        logs.reset();
        return logs;
    }

    /// Lines that were dropped because stdout was too slow.
    public long dropped() {
        return writer.dropped();
    }

    public synchronized void reset() {
        held.values().forEach(logger -> logger.setLevel(null));
        held.clear();
        levels.clear();
        QUIET.forEach(this::apply);
        for (var directive : parse(initial)) {
            apply(directive.scope, directive.level);
        }
    }

    /// Adds to what is set.
    ///
    /// @throws IllegalArgumentException naming the part that is no level
    public synchronized void add(String text) {
        for (var directive : parse(text)) {
            apply(directive.scope, directive.level);
        }
    }

    /// What is set, in the form that `add` takes.
    public synchronized String describe() {
        var parts = new ArrayList<String>();
        levels.forEach((scope, level) -> {
            if (!scope.isEmpty() && !QUIET.containsKey(scope)) {
                parts.add(LineFormat.scope(scope) + "=" + LineFormat.level(level));
            }
        });
        parts.add(LineFormat.level(levels.getOrDefault("", Level.INFO)));
        return String.join(",", parts);
    }

    public void close() {
        writer.close();
    }

    private void apply(String scope, Level level) {
        var logger = Logger.getLogger(scope);
        logger.setLevel(level);
        held.put(scope, logger);
        levels.put(scope, level);
    }

    private record Directive(String scope, Level level) {}

    private static List<Directive> parse(String text) {
        var all = new ArrayList<Directive>();
        for (var part : text.split(",", -1)) {
            var trimmed = part.strip();
            if (trimmed.isEmpty()) {
                continue;
            }
            int equals = trimmed.lastIndexOf('=');
            var scope = equals < 0 ? "" : trimmed.substring(0, equals).replace("::", ".");
            if (!scope.isEmpty()
                    && !scope.contains("netty")
                    && !scope.equals("access")
                    && !scope.equals("dns")
                    && !scope.startsWith("dev.ambit")
                    && !scope.startsWith("io.")) {
                scope = "dev.ambit." + scope;
            }
            all.add(new Directive(scope, level(trimmed.substring(equals + 1))));
        }
        return all;
    }

    private static Level level(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "error" -> Level.SEVERE;
            case "warn" -> Level.WARNING;
            case "info" -> Level.INFO;
            case "debug" -> Level.FINE;
            case "trace" -> Level.FINEST;
            case "off" -> Level.OFF;
            default ->
                    throw new IllegalArgumentException(
                            "level: '"
                                    + name
                                    + "' (expected: error, warn, info, debug, trace or off)");
        };
    }
}
