package dev.ambit.identity;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says when a file may have changed. The directory is watched, not the file: Kubernetes replaces a
/// mounted file by swapping a symbolic link beside it. Blocks: a virtual thread of its own runs it
/// until it is interrupted.
public final class FileWatch implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);

    private final Path directory;
    private final Duration settles;
    private final Runnable changed;

    /// @param settles how long the directory must be quiet before `changed` is called
    /// @param changed on this watch's thread
    public FileWatch(Path file, Duration settles, Runnable changed) {
        var parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException("file: " + file + " (expected: in a directory)");
        }
        this.directory = parent;
        this.settles = settles;
        this.changed = changed;
    }

    @Override
    public void run() {
        try {
            while (true) {
                try (var service = directory.getFileSystem().newWatchService()) {
                    watch(service);
                } catch (IOException gone) {
                    LOG.debug("can't watch {}: {}", directory, gone.getMessage());
                }
                Thread.sleep(settles);
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    /// Until the directory itself is gone. What happened before it was watched is not missed: the
    /// first look comes at once.
    private void watch(WatchService service) throws IOException, InterruptedException {
        directory.register(
                service,
                StandardWatchEventKinds.ENTRY_CREATE,
                StandardWatchEventKinds.ENTRY_MODIFY,
                StandardWatchEventKinds.ENTRY_DELETE);
        changed.run();
        boolean there = true;
        while (there) {
            var key = service.take();
            while (key != null && there) {
                key.pollEvents();
                there = key.reset();
                key = service.poll(settles.toNanos(), TimeUnit.NANOSECONDS);
            }
            changed.run();
        }
    }
}
