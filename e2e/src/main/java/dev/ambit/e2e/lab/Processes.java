package dev.ambit.e2e.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/// Starts real processes inside namespaces and knows all that it started.
public final class Processes {
    private static final Set<String> INHERITED = Set.of("PATH", "HOME", "LANG", "JAVA_HOME");

    private final RunState state;
    private final LabConfig config;
    private final List<Running> started = new CopyOnWriteArrayList<>();

    Processes(RunState state, LabConfig config) {
        this.state = state;
        this.config = config;
    }

    /// Starts a process inside a namespace. It is written down, so that even a later run can end
    /// it.
    public Running start(NetNamespace where, ProcessSpec spec) {
        Path log = state.logs().resolve(spec.name().replace('/', '.') + ".log");
        var builder = new ProcessBuilder(where.inside(pinned(spec)));
        builder.redirectErrorStream(true);
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().clear();
        builder.environment().putAll(inherited());
        builder.environment().putAll(spec.environment());
        try {
            Process process = builder.start();
            ProcessId id =
                    ProcessId.of(process.pid())
                            .orElseThrow(() ->
                                    new LabFault(
                                            "%s ended at once: %s"
                                                    .formatted(
                                                            spec.name(),
                                                            String.join(" ", spec.command()))));
            state.started(id, spec.name());
            var running = new Running(spec.name(), process, id, log, config);
            started.add(running);
            return running;
        } catch (IOException e) {
            throw new LabFault("cannot start " + spec.name() + ": " + e.getMessage(), e);
        }
    }

    /// All that was started, ended or not, in order.
    public List<Running> all() {
        return List.copyOf(started);
    }

    /// The end of every log, for the message of a step that failed.
    public String tails() {
        var text = new StringBuilder();
        for (Running running : started) {
            text.append("--- ").append(running.name());
            text.append(running.isAlive() ? " (running)" : " (ended)").append(" ---\n");
            text.append(running.tail()).append('\n');
        }
        return text.toString();
    }

    private static List<String> pinned(ProcessSpec spec) {
        if (spec.core().isEmpty()) {
            return spec.command();
        }
        var words = new ArrayList<>(List.of("taskset", "-c", "" + spec.core().getAsInt()));
        words.addAll(spec.command());
        return words;
    }

    /// What a started process sees of our environment: nothing that would make runs differ.
    static Map<String, String> inherited() {
        var kept = new LinkedHashMap<String, String>();
        System.getenv()
                .forEach((name, value) -> {
                    if (INHERITED.contains(name)) {
                        kept.put(name, value);
                    }
                });
        return kept;
    }
}
