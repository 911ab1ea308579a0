package dev.ambit.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// The calls themselves, with errno. 64-bit Linux: the layouts are the same on x86-64 and arm64.
final class Libc {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");

    private static final MethodHandle SETNS = handle("setns", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle OPEN =
            LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow("open"),
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
                    CAPTURE,
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = handle("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle FSTAT = handle("fstat", JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle SOCKET =
            handle("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle CONNECT =
            handle("connect", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle BIND = handle("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle LISTEN = handle("listen", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle ACCEPT4 =
            handle("accept4", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
    private static final MethodHandle SENDMSG =
            handle("sendmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle RECVMSG =
            handle("recvmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle POLL = handle("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SHUTDOWN = handle("shutdown", JAVA_INT, JAVA_INT, JAVA_INT);

    private static final MethodHandle READ =
            handle("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);

    /// libc has no wrapper for openat2: descriptor, path, struct open_how and its size.
    private static final MethodHandle SYSCALL4 =
            LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow("syscall"),
                    FunctionDescriptor.of(
                            JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG),
                    CAPTURE,
                    Linker.Option.firstVariadicArg(1));

    private Libc() {}

    private static MethodHandle handle(
            String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                CAPTURE);
    }

    static void setns(int fd, int type) throws LinuxException {
        check("setns", call(SETNS, fd, type));
    }

    static int open(String path, int flags) throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var name = arena.allocateFrom(path);
            return (int) check("open " + path, call(OPEN, name, flags, 0));
        }
    }

    static void close(int fd) {
        // Errors of close say nothing that could be acted on: the descriptor is gone either way.
        call(CLOSE, fd);
    }

    static void fstat(int fd, MemorySegment stat) throws LinuxException {
        check("fstat", call(FSTAT, fd, stat));
    }

    static int socket(int domain, int type) throws LinuxException {
        return (int) check("socket", call(SOCKET, domain, type, 0));
    }

    static void connect(int fd, MemorySegment address, String path) throws LinuxException {
        check("connect " + path, call(CONNECT, fd, address, (int) address.byteSize()));
    }

    static void bind(int fd, MemorySegment address, String path) throws LinuxException {
        check("bind " + path, call(BIND, fd, address, (int) address.byteSize()));
    }

    static void listen(int fd, int backlog) throws LinuxException {
        check("listen", call(LISTEN, fd, backlog));
    }

    static int accept(int fd) throws LinuxException {
        return (int)
                check(
                        "accept",
                        call(ACCEPT4, fd, MemorySegment.NULL, MemorySegment.NULL, O_CLOEXEC));
    }

    static long sendmsg(int fd, MemorySegment message, int flags) throws LinuxException {
        return check("sendmsg", call(SENDMSG, fd, message, flags));
    }

    static long recvmsg(int fd, MemorySegment message, int flags) throws LinuxException {
        return check("recvmsg", call(RECVMSG, fd, message, flags));
    }

    static int poll(MemorySegment fds, int count, int timeoutMillis) throws LinuxException {
        return (int) check("poll", call(POLL, fds, (long) count, timeoutMillis));
    }

    static void shutdown(int fd) {
        call(SHUTDOWN, fd, 2);
    }

    static final int O_CLOEXEC = 0x80000;
    static final int O_NOCTTY = 0x100;
    static final int O_NONBLOCK = 0x800;
    static final int O_PATH = 0x200000;

    /// Absolute links and `..` end at the directory that the descriptor stands for.
    static final long RESOLVE_IN_ROOT = 0x10;

    /// Links of `/proc`, which lead anywhere, are an error.
    static final long RESOLVE_NO_MAGICLINKS = 0x02;

    private static final long SYS_OPENAT2 = 437;

    /// For reading, as `resolve` allows. Linux 5.6 and later.
    static int openBelow(int directory, String path, int flags, long resolve)
            throws LinuxException {
        try (var arena = Arena.ofConfined()) {
            var name = arena.allocateFrom(path);
            var how = arena.allocate(JAVA_LONG, 3);
            how.set(JAVA_LONG, 0, flags);
            how.set(JAVA_LONG, 2 * JAVA_LONG.byteSize(), resolve);
            return (int)
                    check(
                            "openat2 " + path,
                            call(
                                    SYSCALL4,
                                    SYS_OPENAT2,
                                    (long) directory,
                                    name,
                                    how,
                                    how.byteSize()));
        }
    }

    static long read(int fd, MemorySegment into) throws LinuxException {
        return check("read", call(READ, fd, into, into.byteSize()));
    }

    /// The call's result, or minus errno.
    private static long call(MethodHandle handle, Object... arguments) {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            var all = new Object[arguments.length + 1];
            all[0] = state;
            System.arraycopy(arguments, 0, all, 1, arguments.length);
            long result = ((Number) handle.invokeWithArguments(all)).longValue();
            return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
        } catch (Throwable broken) {
            throw new IllegalStateException("system call could not be made", broken);
        }
    }

    private static long check(String call, long result) throws LinuxException {
        if (result < 0) {
            throw new LinuxException(call, (int) -result);
        }
        return result;
    }
}
