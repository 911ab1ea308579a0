package dev.ambit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/// A network namespace, held open by a descriptor: it lives at least as long as this is not closed.
public final class NetworkNamespace implements AutoCloseable {
    /// `sizeof(struct stat)` is 144 on x86-64 and 128 on arm64; st_dev and st_ino lead on both.
    private static final long STAT_BYTES = 144;

    private final AtomicInteger fd;
    private final long device;
    private final long inode;

    private NetworkNamespace(int fd) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var stat = arena.allocate(STAT_BYTES, 8);
            Libc.fstat(fd, stat);
            this.device = stat.get(ValueLayout.JAVA_LONG, 0);
            this.inode = stat.get(ValueLayout.JAVA_LONG, 8);
        }
        this.fd = new AtomicInteger(fd);
    }

    /// For example `/run/netns/blue`, or `/proc/123/ns/net`.
    public static NetworkNamespace open(Path path) throws LinuxException {
        int fd = Libc.open(path.toString(), Libc.O_CLOEXEC);
        try {
            return new NetworkNamespace(fd);
        } catch (LinuxException broken) {
            Libc.close(fd);
            throw broken;
        }
    }

    /// The calling thread's own.
    public static NetworkNamespace current() throws LinuxException {
        return open(Path.of("/proc/thread-self/ns/net"));
    }

    /// Takes the descriptor over, for example one that was received.
    public static NetworkNamespace ofFd(int fd) throws LinuxException {
        return new NetworkNamespace(fd);
    }

    public int fd() {
        int open = fd.get();
        if (open < 0) {
            throw new IllegalStateException("network namespace " + inode + " is closed");
        }
        return open;
    }

    public long inode() {
        return inode;
    }

    /// The same namespace, whichever descriptors name it.
    public boolean sameAs(NetworkNamespace other) {
        return device == other.device && inode == other.inode;
    }

    @Override
    public void close() {
        int open = fd.getAndSet(-1);
        if (open >= 0) {
            Libc.close(open);
        }
    }

    @Override
    public String toString() {
        return "netns " + inode;
    }
}
