package dev.ambit.e2e.cmd;

import dev.ambit.e2e.lab.Command;
import dev.ambit.e2e.lab.LabFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What the lab needs from the system, by the Debian package that has it.
final class Needs {
    private static final Duration INSTALL = Duration.ofMinutes(5);
    private static final Map<String, String> PACKAGES =
            new TreeMap<>(Map.of("ip", "iproute2", "nft", "nftables", "curl", "curl"));
    private static final List<String> PLACES =
            List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin", "/usr/local/sbin");

    private Needs() {}

    /// Installs what is missing where `apt-get` can.
    ///
    /// @throws LabFault naming what is missing and how to get it
    static void provide() {
        if (!"root".equals(System.getProperty("user.name"))) {
            throw new LabFault("network namespaces need root (run it with sudo)");
        }
        var missing = new ArrayList<String>();
        PACKAGES.forEach((program, name) -> {
            if (!isThere(program)) {
                missing.add(name);
            }
        });
        if (missing.isEmpty()) {
            return;
        }
        if (!isThere("apt-get")) {
            throw new LabFault(
                    "missing: " + String.join(" ", missing) + " (install these packages)");
        }
        System.out.println("  installing " + String.join(" ", missing));
        Command.of("apt-get", "update", "-qq").run(INSTALL);
        var install = new ArrayList<>(List.of("apt-get", "install", "-y", "-qq"));
        install.addAll(missing);
        Command.of(install.toArray(String[]::new)).run(INSTALL);
    }

    private static boolean isThere(String program) {
        return PLACES.stream().anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }
}
