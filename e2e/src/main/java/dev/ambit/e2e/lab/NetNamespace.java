package dev.ambit.e2e.lab;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A named network namespace, as `ip netns` keeps them.
public record NetNamespace(String name) {
    private static final Path BIND_MOUNTS = Path.of("/run/netns");
    private static final Path OVERLAYS = Path.of("/etc/netns");

    /// The file that stands for the namespace: opening it gives what `setns` takes.
    public Path path() {
        return BIND_MOUNTS.resolve(name);
    }

    public boolean exists() {
        return path().toFile().exists();
    }

    /// Files here appear under `/etc` to whatever runs inside: `hosts`, `resolv.conf`.
    public Path etc() {
        return OVERLAYS.resolve(name);
    }

    /// The command as it runs inside the namespace. `ip` replaces itself by it, so the process id
    /// is the command's own.
    public List<String> inside(List<String> command) {
        var words = new ArrayList<>(List.of("ip", "netns", "exec", name));
        words.addAll(command);
        return List.copyOf(words);
    }

    public Command inside(String... command) {
        return new Command(inside(List.of(command)), "");
    }

    /// `ip` commands, one a line, all or an error.
    public Command ip(String lines) {
        return Command.of("ip", "-n", name, "-batch", "-").reading(lines);
    }

    @Override
    public String toString() {
        return name;
    }
}
