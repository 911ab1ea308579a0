package dev.ambit.linux;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// A descriptor that one thread may close while another is in a call on it. It is really closed
/// when the last call has returned: else its number could be given to another file meanwhile, and
/// the call would go on with that.
final class SharedFd {
    private final int fd;
    private final AtomicInteger users = new AtomicInteger(1);
    private final AtomicBoolean open = new AtomicBoolean(true);

    SharedFd(int fd) {
        this.fd = fd;
    }

    boolean isOpen() {
        return open.get();
    }

    /// To be followed by `release`.
    ///
    /// @throws LinuxException EBADF when it is closed
    int acquire(String call) throws LinuxException {
        int now = users.get();
        while (now > 0 && open.get()) {
            if (users.compareAndSet(now, now + 1)) {
                return fd;
            }
            now = users.get();
        }
        throw new LinuxException(call, LinuxException.EBADF);
    }

    void release() {
        if (users.decrementAndGet() == 0) {
            Libc.close(fd);
        }
    }

    /// Wakes whoever waits on it.
    ///
    /// @return false when it was closed before
    boolean close() {
        if (!open.getAndSet(false)) {
            return false;
        }
        Libc.shutdown(fd);
        release();
        return true;
    }
}
