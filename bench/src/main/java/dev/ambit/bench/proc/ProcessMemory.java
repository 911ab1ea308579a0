package dev.ambit.bench.proc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Memory of a process in KiB.
///
/// @param rss all resident pages, shared files among them
/// @param anonymous resident pages that no file backs: what it really costs the node
public record ProcessMemory(long rss, long anonymous) {
    /// @throws IOException naming the process, when there is none with this number (it ended)
    public static ProcessMemory of(long pid) throws IOException {
        try {
            return parse(Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")));
        } catch (IOException e) {
            throw new IOException("process " + pid + ": no memory figures (has it ended?)", e);
        }
    }

    static ProcessMemory parse(List<String> status) throws IOException {
        return new ProcessMemory(kibibytes(status, "VmRSS:"), kibibytes(status, "RssAnon:"));
    }

    private static long kibibytes(List<String> status, String name) throws IOException {
        for (String line : status) {
            if (line.startsWith(name)) {
                try {
                    return Long.parseLong(line.substring(name.length()).replace("kB", "").strip());
                } catch (NumberFormatException e) {
                    throw new IOException("not a size in kB: '" + line + "'", e);
                }
            }
        }
        throw new IOException("no line " + name + " in /proc/PID/status");
    }
}
