package dev.ambit.e2e.lab;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/// A process of the lab, its standard output and error in one file.
public final class Running implements AutoCloseable {
    private final String name;
    private final Process process;
    private final ProcessId id;
    private final Path log;
    private final LabConfig config;

    Running(String name, Process process, ProcessId id, Path log, LabConfig config) {
        this.name = name;
        this.process = process;
        this.id = id;
        this.log = log;
        this.config = config;
    }

    public String name() {
        return name;
    }

    public long pid() {
        return id.pid();
    }

    public Path log() {
        return log;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /// Everything it has printed so far.
    public List<String> lines() {
        try {
            return Files.readString(log, StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new LabFault("cannot read the log of " + name + ": " + e.getMessage(), e);
        }
    }

    /// Waits until the process answers.
    ///
    /// @throws LabFault with the end of its log, if it ends first or does not answer in time
    public Running awaitReady(String what, BooleanSupplier answers) {
        boolean ready =
                config.await()
                        .until(
                                config.limits().processReady(),
                                () -> !process.isAlive() || answers.getAsBoolean());
        if (!ready || !process.isAlive()) {
            throw new LabFault(
                    "%s %s (waited for: %s). The end of its log, %s:%n%s"
                            .formatted(
                                    name,
                                    process.isAlive()
                                            ? "was not ready within "
                                                    + config.limits().processReady().toSeconds()
                                                    + " s"
                                            : "ended with code " + process.exitValue(),
                                    what,
                                    log,
                                    tail()));
        }
        return this;
    }

    /// Waits until a line of its log matches.
    public String awaitLine(Pattern pattern, Duration limit) {
        Optional<String> line =
                config.await()
                        .first(
                                limit,
                                () ->
                                        lines().stream()
                                                .filter(text -> pattern.matcher(text).find())
                                                .findFirst());
        return line.orElseThrow(() ->
                new LabFault(
                        "%s did not print /%s/ within %s. The end of its log, %s:%n%s"
                                .formatted(name, pattern, limit, log, tail())));
    }

    /// The last part of its log.
    public String tail() {
        try (var file = new RandomAccessFile(log.toFile(), "r")) {
            long from = Math.max(0, file.length() - config.limits().logTailBytes());
            byte[] bytes = new byte[(int) (file.length() - from)];
            file.seek(from);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    /// Waits for it to end by itself.
    public int awaitExit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new LabFault(
                        "%s did not end within %s. The end of its log:%n%s"
                                .formatted(name, limit, tail()));
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabFault("interrupted while waiting for " + name, e);
        }
    }

    /// Asks it to end, and ends it by force after the limit.
    public void stop() {
        RunState.end(id, config);
    }

    /// Ends it as a crash or a power cut would.
    public void kill() {
        process.destroyForcibly();
        config.await().until(config.limits().processStop(), () -> !process.isAlive());
    }

    @Override
    public void close() {
        stop();
    }
}
