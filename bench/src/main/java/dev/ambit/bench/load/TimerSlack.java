package dev.ambit.bench.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The kernel wakes a sleeping thread up to 50 µs late on purpose, to save wake-ups. A sender at a
/// constant rate cannot have that.
final class TimerSlack {
    private TimerSlack() {}

    /// Asks for the least slack for the calling thread; without the right to, things stay as they
    /// are, and the client's reported lateness tells.
    static void least() {
        try {
            // PID/task/TID: the setting is reached under the thread's own number only.
            var thread = Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName();
            Files.writeString(Path.of("/proc", thread.toString(), "timerslack_ns"), "1");
        } catch (IOException e) {
            return;
        }
    }
}
