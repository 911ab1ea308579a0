package dev.ambit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class NamespaceThreadTest {
    @Test
    void task_runsInTheNamespaceAndTheThreadComesHome() throws Exception {
        var name = "ambit-test-" + ProcessHandle.current().pid();
        assumeTrue(ip("netns", "add", name), "needs root and `ip netns`");
        try (var namespace = NetworkNamespace.open(Path.of("/run/netns", name));
                var thread = new NamespaceThread("test");
                var home = NetworkNamespace.current()) {

            try (var inside = thread.call(namespace, NetworkNamespace::current).get()) {
                assertThat(inside.sameAs(namespace)).isTrue();
            }
            try (var again = thread.call(home, NetworkNamespace::current).get()) {
                assertThat(again.sameAs(home)).isTrue();
            }
        } finally {
            ip("netns", "del", name);
        }
    }

    private static boolean ip(String... arguments) throws Exception {
        if (!Files.exists(Path.of("/usr/sbin/ip")) && !Files.exists(Path.of("/sbin/ip"))) {
            return false;
        }
        var command = new java.util.ArrayList<String>();
        command.add("ip");
        command.addAll(java.util.List.of(arguments));
        return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    }
}
