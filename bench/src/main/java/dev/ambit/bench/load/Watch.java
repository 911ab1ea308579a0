package dev.ambit.bench.load;

import dev.ambit.bench.proc.ProcessCpu;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// CPU time of the watched processes (the proxies) over a window. The generator takes it itself, at
/// the very ends of its window: no other process has to guess them.
final class Watch {
    private final List<Long> pids;
    private final long[] before;

    private Watch(List<Long> pids) throws IOException {
        this.pids = pids;
        this.before = ProcessCpu.ticks(pids);
    }

    /// Begins a window now.
    static Watch begin(List<Long> pids) throws IOException {
        return new Watch(pids);
    }

    /// Ends it now: `cpu0`, `cpu1`, … per watched process, in ticks of 10 ms.
    void end(Map<String, Long> into) throws IOException {
        long[] after = ProcessCpu.ticks(pids);
        for (int i = 0; i < after.length; i++) {
            into.put("cpu" + i, after[i] - before[i]);
        }
    }
}
