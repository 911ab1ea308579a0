package dev.ambit.linux;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/// The one thread that enters network namespaces: to create sockets there, and for nothing else.
///
/// A namespace belongs to an OS thread, and threads started from one inherit it. So this is a
/// platform thread of its own, it starts no others, and it is at home between any two tasks. If it
/// can't get home the process ends: every socket made later would be in a stranger's namespace.
public final class NamespaceThread implements AutoCloseable {
    private static final int CLONE_NEWNET = 0x40000000;

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final NetworkNamespace home;
    private final Thread thread;
    private volatile boolean closed;

    public NamespaceThread(String name) throws LinuxException {
        home = NetworkNamespace.current();
        thread = Thread.ofPlatform().name(name).daemon().start(this::run);
    }

    /// Runs `task` inside `namespace`. The stage completes on this thread: go elsewhere for more.
    public <T> CompletableFuture<T> call(NetworkNamespace namespace, Callable<T> task) {
        var done = new CompletableFuture<T>();
        tasks.add(() -> enter(namespace, task, done));
        if (closed) {
            done.completeExceptionally(new IllegalStateException("namespace thread is closed"));
        }
        return done;
    }

    private <T> void enter(
            NetworkNamespace namespace, Callable<T> task, CompletableFuture<T> done) {
        T result = null;
        Exception failure = null;
        try {
            if (namespace.sameAs(home)) {
                // To enter the namespace that one is in takes the same rights as to enter another.
                result = task.call();
            } else {
                Libc.setns(namespace.fd(), CLONE_NEWNET);
                try {
                    result = task.call();
                } finally {
                    goHome();
                }
            }
        } catch (Exception failed) {
            failure = failed;
        }
        if (failure != null) {
            done.completeExceptionally(failure);
        } else {
            @SuppressWarnings("NullAway") // A task's own null is the caller's business.
            T value = result;
            done.complete(value);
        }
    }

    private void goHome() {
        try {
            Libc.setns(home.fd(), CLONE_NEWNET);
        } catch (LinuxException lost) {
            System.err.println("fatal: can't return to the home network namespace: " + lost);
            Runtime.getRuntime().halt(70);
        }
    }

    private void run() {
        while (!closed) {
            try {
                tasks.take().run();
            } catch (InterruptedException woken) {
                // Closing, or nothing.
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
