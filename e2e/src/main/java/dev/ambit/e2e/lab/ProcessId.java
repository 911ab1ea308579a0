package dev.ambit.e2e.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// A process that cannot be mistaken for a later one with the same number.
///
/// @param startTicks when it started, in clock ticks since boot (field 22 of `/proc/PID/stat`)
public record ProcessId(long pid, long startTicks) {
    private static final int START_TIME_AFTER_NAME = 19;

    /// The process that has this number now, or empty if none has.
    public static Optional<ProcessId> of(long pid) {
        try {
            return startTicks(Files.readString(Path.of("/proc", Long.toString(pid), "stat")))
                    .map(ticks -> new ProcessId(pid, ticks));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    public static ProcessId self() {
        long pid = ProcessHandle.current().pid();
        return of(pid).orElseThrow(() ->
                new LabFault("cannot read /proc/" + pid + "/stat (is /proc mounted?)"));
    }

    public boolean isAlive() {
        return of(pid).filter(this::equals).isPresent() && !isZombie();
    }

    /// The process, while it is still this one.
    public Optional<ProcessHandle> handle() {
        return isAlive() ? ProcessHandle.of(pid) : Optional.empty();
    }

    static Optional<ProcessId> parse(String line) {
        String[] words = line.strip().split(" ", 3);
        try {
            return words.length < 2
                    ? Optional.empty()
                    : Optional.of(
                            new ProcessId(Long.parseLong(words[0]), Long.parseLong(words[1])));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /// The command name may hold spaces and brackets, so counting starts behind its last bracket.
    static Optional<Long> startTicks(String stat) {
        String[] rest = afterName(stat);
        try {
            return rest.length <= START_TIME_AFTER_NAME
                    ? Optional.empty()
                    : Optional.of(Long.parseLong(rest[START_TIME_AFTER_NAME]));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static String[] afterName(String stat) {
        return stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
    }

    private boolean isZombie() {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return afterName(stat)[0].equals("Z");
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return pid + " " + startTicks;
    }
}
