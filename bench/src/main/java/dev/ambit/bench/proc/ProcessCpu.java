package dev.ambit.bench.proc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// CPU time of processes, user and kernel, all threads, from `/proc/PID/stat`.
public final class ProcessCpu {
    /// What the kernel counts in for programs (`USER_HZ`), on every Linux that we run on.
    public static final long TICKS_PER_SECOND = 100;

    private static final int USER_TIME_AFTER_NAME = 11;
    private static final int SYSTEM_TIME_AFTER_NAME = 12;

    private ProcessCpu() {}

    /// CPU time so far, in ticks of 10 ms.
    ///
    /// @throws IOException naming the process, when there is none with this number (it ended)
    public static long ticks(long pid) throws IOException {
        try {
            return parse(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
        } catch (IOException e) {
            throw new IOException("process " + pid + ": no CPU time (has it ended?)", e);
        }
    }

    /// One value a process, in the order of `pids`.
    public static long[] ticks(List<Long> pids) throws IOException {
        var all = new long[pids.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = ticks(pids.get(i));
        }
        return all;
    }

    /// The name may hold spaces and brackets, so counting starts behind its last bracket.
    static long parse(String stat) throws IOException {
        String[] words = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
        try {
            return Long.parseLong(words[USER_TIME_AFTER_NAME])
                    + Long.parseLong(words[SYSTEM_TIME_AFTER_NAME]);
        } catch (ArrayIndexOutOfBoundsException | NumberFormatException e) {
            throw new IOException("not a line of /proc/PID/stat: '" + stat.strip() + "'", e);
        }
    }
}
