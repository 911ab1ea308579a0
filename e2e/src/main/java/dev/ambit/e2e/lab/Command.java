package dev.ambit.e2e.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// One short command: run to its end, its output in memory.
///
/// @param words program and arguments
/// @param input what it reads on standard input
public record Command(List<String> words, String input) {
    public Command {
        words = List.copyOf(words);
    }

    public static Command of(String... words) {
        return new Command(List.of(words), "");
    }

    public Command reading(String text) {
        return new Command(words, text);
    }

    /// What a finished command left.
    public record Result(int code, String out, String err) {
        public boolean ok() {
            return code == 0;
        }
    }

    /// Runs the command.
    ///
    /// @throws LabFault if it ends with another code than 0, or not within the limit
    public String run(Duration limit) {
        Result result = attempt(limit);
        if (!result.ok()) {
            throw new LabFault(
                    "command failed with code %d (expected: 0): %s%n%s%s"
                            .formatted(
                                    result.code(),
                                    String.join(" ", words),
                                    result.err().strip(),
                                    input.isEmpty() ? "" : "\nits input was:\n" + input));
        }
        return result.out();
    }

    /// Runs the command and hands back whatever it ended with.
    ///
    /// @throws LabFault if it cannot be started, or does not end within the limit
    public Result attempt(Duration limit) {
        Process process;
        try {
            process = new ProcessBuilder(words).start();
        } catch (IOException e) {
            throw new LabFault(
                    "cannot start %s (expected: installed and on PATH; iproute2, nftables and tcpdump"
                                    .formatted(words.getFirst())
                            + " are needed): "
                            + e.getMessage(),
                    e);
        }
        try {
            var out = CompletableFuture.supplyAsync(() -> drain(process.getInputStream()), VIRTUAL);
            var err = CompletableFuture.supplyAsync(() -> drain(process.getErrorStream()), VIRTUAL);
            feed(process);
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new LabFault(
                        "command did not end within " + limit + ": " + String.join(" ", words));
            }
            return new Result(process.exitValue(), out.join(), err.join());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabFault("interrupted while running " + String.join(" ", words), e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static final java.util.concurrent.Executor VIRTUAL =
            task -> Thread.ofVirtual().name("command-output").start(task);

    private void feed(Process process) {
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It ended without reading: its code and its error output say why.
            return;
        }
    }

    private static String drain(java.io.InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
