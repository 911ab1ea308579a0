package dev.ambit.linux;

import java.io.IOException;
import java.util.Map;

/// A system call failed.
public final class LinuxException extends IOException {
    private static final long serialVersionUID = 1;

    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EBADF = 9;
    static final int EADDRINUSE = 98;
    static final int ECONNREFUSED = 111;

    private static final Map<Integer, String> NAMES =
            Map.of(
                    EPERM,
                    "EPERM: not permitted, CAP_SYS_ADMIN or CAP_NET_ADMIN is missing",
                    ENOENT,
                    "ENOENT: no such file",
                    EBADF,
                    "EBADF: bad file descriptor",
                    13,
                    "EACCES: no permission on the path",
                    22,
                    "EINVAL: invalid argument, such as a descriptor that is no namespace",
                    24,
                    "EMFILE: this process has too many open files",
                    32,
                    "EPIPE: the peer has closed the connection",
                    EADDRINUSE,
                    "EADDRINUSE: somebody listens there already",
                    104,
                    "ECONNRESET: the peer has reset the connection",
                    ECONNREFUSED,
                    "ECONNREFUSED: nobody listens there");

    private final int errno;

    LinuxException(String call, int errno) {
        super(call + ": " + NAMES.getOrDefault(errno, "errno " + errno));
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }
}
