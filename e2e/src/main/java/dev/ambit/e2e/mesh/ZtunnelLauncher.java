package dev.ambit.e2e.mesh;

import dev.ambit.e2e.lab.ProcessSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Which ztunnel runs on the nodes.
public sealed interface ZtunnelLauncher {
    /// Ours.
    record Ambit() implements ZtunnelLauncher {}

    /// Another one that understands the same environment, as a program at a path.
    record Binary(Path program) implements ZtunnelLauncher {}

    /// Ours, or the program that `ZTUNNEL_BIN` names.
    static ZtunnelLauncher fromEnvironment(Map<String, String> environment) {
        return Optional.ofNullable(environment.get("ZTUNNEL_BIN"))
                .filter(path -> !path.isBlank())
                .<ZtunnelLauncher>map(path -> new Binary(Path.of(path)))
                .orElseGet(Ambit::new);
    }

    /// @param core the only CPU it may use, where a measurement asks for that
    default ProcessSpec spec(ZtunnelEnvironment environment, OptionalInt core) {
        List<String> command =
                switch (this) {
                    case Ambit() -> AmbitCommand.of("ztunnel");
                    case Binary(Path program) -> List.of(program.toString(), "proxy", "ztunnel");
                };
        return new ProcessSpec(
                "ztunnel-" + environment.node(), command, environment.variables(), core);
    }
}
