package dev.ambit.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// A connected unix socket of type SOCK_SEQPACKET, which can carry file descriptors. Blocking: for
/// a thread of its own. `close` from another thread ends a `receive`.
public final class SeqPacketSocket implements AutoCloseable {
    static final int AF_UNIX = 1;
    static final int SOCK_SEQPACKET = 5;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final short POLLIN = 1;

    // struct msghdr: name, namelen, iov, iovlen, control, controllen, flags.
    private static final long MSGHDR_BYTES = 56;
    private static final long CMSGHDR_BYTES = 16;
    private static final int MAX_FDS = 16;
    private static final long CONTROL_BYTES = CMSGHDR_BYTES + 4L * MAX_FDS;

    private final SharedFd shared;

    SeqPacketSocket(int fd) {
        this.shared = new SharedFd(fd);
    }

    public static SeqPacketSocket connect(Path path) throws LinuxException {
        int fd = Libc.socket(AF_UNIX, SOCK_SEQPACKET | Libc.O_CLOEXEC);
        try (var arena = Arena.ofConfined()) {
            Libc.connect(fd, address(arena, path), path.toString());
            return new SeqPacketSocket(fd);
        } catch (LinuxException failed) {
            Libc.close(fd);
            throw failed;
        }
    }

    /// One packet, with what came beside it. The receiver owns the descriptors.
    ///
    /// @param truncated bytes or descriptors did not fit
    public record Packet(byte[] bytes, int[] fds, boolean truncated) {
        public boolean isEnd() {
            return bytes.length == 0 && fds.length == 0 && !truncated;
        }

        public void closeFds() {
            for (int fd : fds) {
                Libc.close(fd);
            }
        }
    }

    /// Sends one packet.
    ///
    /// @param fds duplicated for the receiver; the caller keeps his own
    public void send(byte[] bytes, int... fds) throws LinuxException {
        if (fds.length > MAX_FDS) {
            throw new IllegalArgumentException(
                    "fds: " + fds.length + " (expected: at most " + MAX_FDS + ")");
        }
        try (var arena = Arena.ofConfined()) {
            var data = arena.allocate(Math.max(1, bytes.length));
            MemorySegment.copy(bytes, 0, data, JAVA_BYTE, 0, bytes.length);
            var control = MemorySegment.NULL;
            long controlBytes = 0;
            if (fds.length > 0) {
                controlBytes = (CMSGHDR_BYTES + 4L * fds.length + 7) & ~7L;
                control = arena.allocate(controlBytes, 8);
                control.set(JAVA_LONG, 0, CMSGHDR_BYTES + 4L * fds.length);
                control.set(JAVA_INT, 8, SOL_SOCKET);
                control.set(JAVA_INT, 12, SCM_RIGHTS);
                for (int i = 0; i < fds.length; i++) {
                    control.set(JAVA_INT, CMSGHDR_BYTES + 4L * i, fds[i]);
                }
            }
            var message = message(arena, data, bytes.length, control, controlBytes);
            int fd = shared.acquire("sendmsg");
            try {
                Libc.sendmsg(fd, message, MSG_NOSIGNAL);
            } finally {
                shared.release();
            }
        }
    }

    /// Waits for one packet.
    ///
    /// @param maxBytes longer packets come truncated
    /// @param timeout zero or less: without limit
    /// @return empty when the time is over
    public Optional<Packet> receive(int maxBytes, Duration timeout) throws LinuxException {
        int fd = shared.acquire("recvmsg");
        try {
            return readable(fd, shared, timeout)
                    ? Optional.of(receive(fd, maxBytes))
                    : Optional.empty();
        } finally {
            shared.release();
        }
    }

    private static Packet receive(int fd, int maxBytes) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var data = arena.allocate(maxBytes);
            var control = arena.allocate(CONTROL_BYTES, 8);
            var message = message(arena, data, maxBytes, control, CONTROL_BYTES);
            long length = Libc.recvmsg(fd, message, MSG_CMSG_CLOEXEC);
            var bytes = data.asSlice(0, length).toArray(JAVA_BYTE);
            int flags = message.get(JAVA_INT, 48);
            boolean truncated = (flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
            return new Packet(bytes, fds(control, message.get(JAVA_LONG, 40)), truncated);
        }
    }

    private static int[] fds(MemorySegment control, long length) {
        if (length < CMSGHDR_BYTES
                || control.get(JAVA_INT, 8) != SOL_SOCKET
                || control.get(JAVA_INT, 12) != SCM_RIGHTS) {
            return new int[0];
        }
        int count = (int) ((control.get(JAVA_LONG, 0) - CMSGHDR_BYTES) / 4);
        var fds = new int[count];
        for (int i = 0; i < count; i++) {
            fds[i] = control.get(JAVA_INT, CMSGHDR_BYTES + 4L * i);
        }
        return fds;
    }

    /// Polls in slices, so that `close` and interruption are noticed.
    static boolean readable(int fd, SharedFd shared, Duration timeout) throws LinuxException {
        boolean unlimited = timeout.isZero() || timeout.isNegative();
        long deadline = System.nanoTime() + (unlimited ? 0 : timeout.toNanos());
        try (var arena = Arena.ofConfined()) {
            var poll = arena.allocate(8, 4);
            while (true) {
                if (!shared.isOpen() || Thread.currentThread().isInterrupted()) {
                    throw new LinuxException("poll", LinuxException.EBADF);
                }
                long left = unlimited ? Long.MAX_VALUE : deadline - System.nanoTime();
                if (left < 0) {
                    return false;
                }
                poll.set(JAVA_INT, 0, fd);
                poll.set(JAVA_SHORT, 4, POLLIN);
                poll.set(JAVA_SHORT, 6, (short) 0);
                int slice = (int) Math.min(200, 1 + left / 1_000_000);
                if (poll(poll, slice) > 0) {
                    return true;
                }
            }
        }
    }

    private static int poll(MemorySegment poll, int millis) throws LinuxException {
        try {
            return Libc.poll(poll, 1, millis);
        } catch (LinuxException failed) {
            if (failed.errno() == LinuxException.EINTR) {
                return 0;
            }
            throw failed;
        }
    }

    private static MemorySegment message(
            Arena arena, MemorySegment data, long length, MemorySegment control, long controlLen) {
        var iov = arena.allocate(16, 8);
        iov.set(ADDRESS, 0, data);
        iov.set(JAVA_LONG, 8, length);
        var message = arena.allocate(MSGHDR_BYTES, 8);
        message.set(ADDRESS, 16, iov);
        message.set(JAVA_LONG, 24, 1);
        message.set(ADDRESS, 32, control);
        message.set(JAVA_LONG, 40, controlLen);
        return message;
    }

    static MemorySegment address(Arena arena, Path path) {
        var bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > 107) {
            throw new IllegalArgumentException(
                    "unix socket path: " + path + " (expected: at most 107 bytes)");
        }
        var address = arena.allocate(2L + bytes.length + 1, 2);
        address.set(JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(bytes, 0, address, JAVA_BYTE, 2, bytes.length);
        return address;
    }

    @Override
    public void close() {
        shared.close();
    }
}
