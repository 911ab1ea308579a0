package dev.ambit.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// A listening unix socket of type SOCK_SEQPACKET. Removes a socket file that a former listener
/// left, and its own when it is closed.
public final class SeqPacketListener implements AutoCloseable {
    private static final int BACKLOG = 16;

    private final SharedFd shared;
    private final Path path;

    private SeqPacketListener(int fd, Path path) {
        this.shared = new SharedFd(fd);
        this.path = path;
    }

    public static SeqPacketListener bind(Path path) throws IOException {
        Files.deleteIfExists(path);
        int fd =
                Libc.socket(
                        SeqPacketSocket.AF_UNIX, SeqPacketSocket.SOCK_SEQPACKET | Libc.O_CLOEXEC);
        try (var arena = Arena.ofConfined()) {
            Libc.bind(fd, SeqPacketSocket.address(arena, path), path.toString());
            Libc.listen(fd, BACKLOG);
            return new SeqPacketListener(fd, path);
        } catch (LinuxException failed) {
            Libc.close(fd);
            throw failed;
        }
    }

    /// @return empty when the time is over; zero or less: without limit
    public Optional<SeqPacketSocket> accept(Duration timeout) throws LinuxException {
        int fd = shared.acquire("accept");
        try {
            return SeqPacketSocket.readable(fd, shared, timeout)
                    ? Optional.of(new SeqPacketSocket(Libc.accept(fd)))
                    : Optional.empty();
        } finally {
            shared.release();
        }
    }

    @Override
    public void close() throws IOException {
        if (shared.close()) {
            Files.deleteIfExists(path);
        }
    }
}
