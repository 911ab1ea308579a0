package dev.ambit.bench.macro;

import dev.ambit.e2e.lab.Command;
import dev.ambit.e2e.lab.LabFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a reader must know of the machine before believing a number.
final class MachineFacts {
    private static final Path PROC = Path.of("/proc");

    /// Of the client's pod: what its connections really use.
    private static final List<String> SETTINGS =
            List.of(
                    "net/ipv4/tcp_congestion_control",
                    "net/ipv4/tcp_rmem",
                    "net/ipv4/tcp_wmem",
                    "net/ipv4/ip_local_port_range",
                    "net/ipv4/tcp_tw_reuse",
                    "net/core/somaxconn");

    private MachineFacts() {}

    /// As lines of a Markdown list.
    ///
    /// @param rig a standing arm, whose pods' settings are read
    static List<String> of(Optional<Rig> rig) {
        var lines = new ArrayList<String>();
        lines.add("* kernel: " + first(PROC.resolve("sys/kernel/osrelease")));
        lines.add(
                "* processor: %s, %d cores"
                        .formatted(cpuModel(), Runtime.getRuntime().availableProcessors()));
        lines.add("* load average before: " + first(PROC.resolve("loadavg")));
        lines.add(
                "* Java: %s %s"
                        .formatted(
                                System.getProperty("java.vm.name"),
                                System.getProperty("java.vm.version")));
        rig.ifPresent(standing -> lines.addAll(inside(standing)));
        return lines;
    }

    private static List<String> inside(Rig rig) {
        var lines = new ArrayList<String>();
        var pod = rig.client().netns();
        try {
            for (String setting : SETTINGS) {
                var read = pod.inside("cat", "/proc/sys/" + setting).attempt(Duration.ofSeconds(5));
                if (read.ok()) {
                    lines.add(
                            "* %s: %s"
                                    .formatted(
                                            setting.replace('/', '.'),
                                            read.out().strip().replace('\t', ' ')));
                }
            }
            var mtu = pod.inside("cat", "/sys/class/net/eth0/mtu").attempt(Duration.ofSeconds(5));
            if (mtu.ok()) {
                lines.add("* MTU of eth0: " + mtu.out().strip());
            }
        } catch (LabFault e) {
            lines.add("* settings of the pods: not read: " + e.getMessage());
        }
        return lines;
    }

    /// The version line of a program, or why there is none.
    static String version(String... command) {
        try {
            return Command.of(command)
                    .run(Duration.ofSeconds(5))
                    .lines()
                    .findFirst()
                    .orElse("no version");
        } catch (LabFault e) {
            return "no version: " + e.getMessage();
        }
    }

    private static String cpuModel() {
        try {
            return Files.readAllLines(PROC.resolve("cpuinfo")).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String first(Path file) {
        try {
            return Files.readAllLines(file).getFirst().strip();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
