package dev.ambit.process;

import java.util.concurrent.atomic.AtomicBoolean;
import sun.misc.Signal;

/// SIGTERM and SIGINT ask for an end in order; a second SIGINT, of somebody who does not want to
/// wait, ends at once. The JDK's own way, a shutdown hook, can neither tell signals apart nor end
/// with exit code 0.
public final class StopSignals {
    private StopSignals() {}

    /// @param stop called for each signal; on a thread of the JVM's
    public static void listen(Runnable stop) {
        Signal.handle(new Signal("TERM"), _ -> stop.run());
        var interrupted = new AtomicBoolean();
        Signal.handle(
                new Signal("INT"),
                _ -> {
                    if (interrupted.getAndSet(true)) {
                        Runtime.getRuntime().halt(0);
                    }
                    stop.run();
                });
    }
}
