package dev.ambit.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/// Files as the processes of a network namespace see them.
///
/// A network namespace has no files; the processes in it do, each in its own mount namespace. So
/// this looks for such a process under `/proc`. It finds none where `/proc` shows only the own
/// container's processes (a Kubernetes pod without `hostPID`), and can open none of their files
/// without CAP_SYS_PTRACE or their user and all their capabilities.
///
/// What such a process has in its file system is a stranger's doing: links are followed inside its
/// root only, and nothing but a regular file is read.
public final class NamespaceProcesses {
    /// Processes that are asked for the file at most; all of a pod have the same `resolv.conf`.
    private static final int MOST_ASKED = 8;

    private static final long STAT_BYTES = 144;
    private static final int S_IFMT = 0xf000;
    private static final int S_IFREG = 0x8000;

    /// Of st_mode: the one field needed that the two machines have at different places.
    private static final long MODE_OFFSET =
            System.getProperty("os.arch", "").equals("aarch64") ? 16 : 24;

    private final Path proc;

    /// @param proc `/proc`
    public NamespaceProcesses(Path proc) {
        this.proc = proc;
    }

    /// The file as the oldest process of the namespace sees it that lets it be read. Blocks: one
    /// look at each process of the machine.
    ///
    /// @param path relative to the root directory, for example `etc/resolv.conf`
    /// @param mostBytes what is beyond is not read
    /// @return empty when there is no such process, or none with such a file
    public Optional<byte[]> read(NetworkNamespace namespace, String path, int mostBytes) {
        for (long pid : inside(namespace)) {
            try {
                return Optional.of(readIn(proc.resolve(pid + "/root"), path, mostBytes));
            } catch (IOException endedOrNotAllowed) {
                // Another process may do.
            }
        }
        return Optional.empty();
    }

    private List<Long> inside(NetworkNamespace namespace) {
        var wanted = "net:[" + Long.toUnsignedString(namespace.inode()) + "]";
        var found = new ArrayList<Long>();
        for (long pid : pids()) {
            try {
                var link = Files.readSymbolicLink(proc.resolve(pid + "/ns/net"));
                if (link.toString().equals(wanted)) {
                    found.add(pid);
                    if (found.size() == MOST_ASKED) {
                        break;
                    }
                }
            } catch (IOException endedOrNotAllowed) {
                // Not one of those that can be asked.
            }
        }
        return found;
    }

    private long[] pids() {
        try (var entries = Files.list(proc)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.matches("[0-9]{1,10}"))
                    .flatMapToLong(name -> LongStream.of(Long.parseLong(name)))
                    .sorted()
                    .toArray();
        } catch (IOException noProc) {
            return new long[0];
        }
    }

    /// A regular file below `root`, wherever the links on the way point.
    static byte[] readIn(Path root, String path, int mostBytes) throws IOException {
        int directory = Libc.open(root.toString(), Libc.O_PATH | Libc.O_CLOEXEC);
        int fd = -1;
        try (var arena = Arena.ofConfined()) {
            // Not blocking: opening a pipe would wait for its writer.
            int flags = Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY;
            long resolve = Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS;
            fd = Libc.openBelow(directory, path, flags, resolve);
            var stat = arena.allocate(STAT_BYTES, 8);
            Libc.fstat(fd, stat);
            int mode = stat.get(ValueLayout.JAVA_INT, MODE_OFFSET);
            if ((mode & S_IFMT) != S_IFREG) {
                throw new IOException(path + ": not a regular file (mode " + mode + ")");
            }
            var buffer = arena.allocate(mostBytes);
            int length = 0;
            while (length < mostBytes) {
                long read = Libc.read(fd, buffer.asSlice(length));
                if (read == 0) {
                    break;
                }
                length += (int) read;
            }
            return buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        } finally {
            if (fd >= 0) {
                Libc.close(fd);
            }
            Libc.close(directory);
        }
    }
}
