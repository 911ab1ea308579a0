package dev.ambit.e2e.lab;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// A process to start.
///
/// @param name of its log file, unique in the lab while it runs
/// @param environment what it sees besides `PATH`, `HOME`, `LANG` and `JAVA_HOME`; nothing else of
///   ours is handed on
/// @param core the only CPU it may use, where a measurement asks for that
public record ProcessSpec(
        String name, List<String> command, Map<String, String> environment, OptionalInt core) {
    public ProcessSpec {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    public static ProcessSpec of(String name, List<String> command) {
        return new ProcessSpec(name, command, Map.of(), OptionalInt.empty());
    }

    public ProcessSpec with(Map<String, String> more) {
        return new ProcessSpec(name, command, more, core);
    }

    public ProcessSpec onCore(int cpu) {
        return new ProcessSpec(name, command, environment, OptionalInt.of(cpu));
    }
}
