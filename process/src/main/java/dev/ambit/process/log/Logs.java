package dev.ambit.process.log;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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

    private static final String PACKAGE = "dev.ambit.";
    private static final Set<String> MODULES =
            Set.of(
                    "ztunnel",
                    "waypoint",
                    "control",
                    "hbone",
                    "identity",
                    "mesh",
                    "envoy",
                    "process",
                    "linux",
                    "cli");

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
        var limits = LogLimits.defaults();
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

    /// Levels only: whoever tests them keeps his own handlers.
    public static Logs detached(String levels) {
        var limits = LogLimits.defaults();
        var logs =
                new Logs(
                        new LineWriter(
                                OutputStream.nullOutputStream(),
                                new LineFormat(LogFormat.PLAIN),
                                limits),
                        levels);
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

    /// What is set, in the form that `add` takes: the longest name first, the level of all others
    /// last.
    public synchronized String describe() {
        var parts = new ArrayList<String>();
        levels.entrySet().stream()
                .filter(e -> !e.getKey().isEmpty() && e.getValue() != QUIET.get(e.getKey()))
                .sorted(
                        Comparator.comparing((Map.Entry<String, Level> e) -> -e.getKey().length())
                                .thenComparing(Map.Entry::getKey))
                .forEach(e -> parts.add(LineFormat.scope(e.getKey()) + "=" + name(e.getValue())));
        parts.add(name(levels.getOrDefault("", Level.INFO)));
        return String.join(",", parts);
    }

    private static String name(Level level) {
        return level == Level.OFF ? "off" : LineFormat.level(level);
    }

    /// Whether `add` takes it.
    public static boolean isValid(String text) {
        try {
            return !parse(text).isEmpty();
        } catch (IllegalArgumentException wrong) {
            return false;
        }
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
            // istioctl writes `scope:level`, and turns it into `scope=level` on the way.
            var scope = equals < 0 ? "" : scope(trimmed.substring(0, equals).strip());
            all.add(new Directive(scope, level(trimmed.substring(equals + 1).strip())));
        }
        return all;
    }

    /// The name of a logger: `ztunnel::proxy`, as the reference's people write, is `ztunnel.proxy`
    /// here, and what begins with one of our modules is in our package.
    static String scope(String said) {
        var name = said.replace("::", ".");
        int dot = name.indexOf('.');
        var first = dot < 0 ? name : name.substring(0, dot);
        return MODULES.contains(first) ? PACKAGE + name : name;
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
