package dev.ambit.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// With a process of its own: signals are a process's.
class StopSignalsTest {
    private Process process;
    private BufferedReader out;

    /// Drains for as long as its input stays open.
    static final class Draining {
        private Draining() {}

        public static void main(String[] args) throws Exception {
            var stop = new CountDownLatch(1);
            StopSignals.listen(stop::countDown);
            System.out.println("ready");
            stop.await();
            System.out.println("draining");
            while (System.in.read() >= 0) {
                // What is said does not matter.
            }
            System.out.println("drained");
        }
    }

    @BeforeEach
    void start() throws IOException {
        process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                Draining.class.getName())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        out = process.inputReader();
        assertThat(out.readLine()).isEqualTo("ready");
    }

    @AfterEach
    void end() {
        process.destroyForcibly();
    }

    private void signal(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    }

    private static boolean isIgnored(int signal) throws IOException {
        var mask =
                Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .findFirst()
                        .orElseThrow();
        return (Long.parseUnsignedLong(mask.substring(7).strip(), 16) >> (signal - 1) & 1) == 1;
    }

    private int ended() throws InterruptedException {
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void term_drains_andEndsWithZero_evenIfSaidTwice() throws Exception {
        signal("TERM");
        assertThat(out.readLine()).isEqualTo("draining");
        signal("TERM");
        process.outputWriter().close();

        assertThat(out.readLine()).isEqualTo("drained");
        assertThat(ended()).isZero();
    }

    @Test
    void secondInterrupt_endsAtOnce() throws Exception {
        // Shells without job control start what is in the background so, and children inherit it.
        assumeFalse(isIgnored(2), "needs SIGINT, which whoever started this ignores");
        signal("INT");
        assertThat(out.readLine()).isEqualTo("draining");
        signal("INT");

        assertThat(ended()).isZero();
        assertThat(out.readLine()).isNull();
    }
}
