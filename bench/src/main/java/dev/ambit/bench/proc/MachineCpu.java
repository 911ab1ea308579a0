package dev.ambit.bench.proc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// CPU time of the whole machine since boot, in ticks of 10 ms summed over all cores: the first
/// line of `/proc/stat`.
///
/// @param work user, nice and kernel time of processes
/// @param interrupts hard and soft interrupts: packets on virtual cables among them
/// @param idle idle time and waiting for disks
/// @param stolen time that the hypervisor gave to others
public record MachineCpu(long work, long interrupts, long idle, long stolen) {
    private static final int FIELDS = 8;

    public static MachineCpu now() throws IOException {
        return parse(Files.readAllLines(Path.of("/proc/stat")).getFirst());
    }

    static MachineCpu parse(String line) throws IOException {
        String[] words = line.strip().split("\\s+");
        if (!words[0].equals("cpu") || words.length <= FIELDS) {
            throw new IOException("not the first line of /proc/stat: '" + line + "'");
        }
        var ticks = new long[FIELDS];
        for (int i = 0; i < FIELDS; i++) {
            ticks[i] = Long.parseLong(words[i + 1]);
        }
        return new MachineCpu(
                ticks[0] + ticks[1] + ticks[2], ticks[5] + ticks[6], ticks[3] + ticks[4], ticks[7]);
    }

    public MachineCpu since(MachineCpu earlier) {
        return new MachineCpu(
                work - earlier.work,
                interrupts - earlier.interrupts,
                idle - earlier.idle,
                stolen - earlier.stolen);
    }

    public long total() {
        return work + interrupts + idle + stolen;
    }
}
