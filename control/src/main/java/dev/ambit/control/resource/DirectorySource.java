package dev.ambit.control.resource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The files `*.yaml`, `*.yml` and `*.json` of one directory, and of the directories `remote-NAME`
/// in it, which describe other clusters. Told of changes by the kernel, and compares size and time
/// of each file now and then in case it is not.
public final class DirectorySource implements ResourceSource {
    private static final Logger LOG = LoggerFactory.getLogger(DirectorySource.class);

    private final Path directory;
    private final Pace pace;
    private final YamlLimits yaml;
    private final int filesMax;
    private final Map<String, Stamp> stamps = new HashMap<>();
    private final Set<Path> watched = new HashSet<>();
    private DirectoryState state;
    private ResourceSet published = ResourceSet.empty();
    private boolean listable = true;
    private @Nullable WatchService watch;
    private @Nullable Thread thread;

    /// @param settle quiet time after a change before reading, so that a burst is one change
    /// @param settleAtMost a directory that keeps changing is read at least this often
    /// @param rescan time between comparisons without being told
    public record Pace(Duration settle, Duration settleAtMost, Duration rescan) {}

    private record Stamp(long size, long modifiedNanos, @Nullable Object fileKey) {}

    /// @param filesMax files in all
    public DirectorySource(
            Path directory, Pace pace, YamlLimits yaml, int filesMax, Unusable unusable) {
        this.state = DirectoryState.empty(unusable);
        this.directory = directory;
        this.pace = pace;
        this.yaml = yaml;
        this.filesMax = filesMax;
    }

    /// Reads a directory once, without following it.
    ///
    /// @throws IOException when the directory can't be listed
    public static ResourceSet readOnce(Path directory, YamlLimits yaml, int filesMax)
            throws IOException {
        var never = new Pace(Duration.ZERO, Duration.ZERO, Duration.ZERO);
        var source = new DirectorySource(directory, never, yaml, filesMax, Unusable.REFUSE);
        source.read(Set.of());
        return source.state.assemble();
    }

    @Override
    public void start(Consumer<ResourceSet> listener) throws IOException {
        var service = directory.getFileSystem().newWatchService();
        watch = service;
        // Before the first reading: a change in between is then seen.
        watch(service, directory);
        read(Set.of());
        published = state.assemble();
        listener.accept(published);
        thread =
                Thread.ofVirtual()
                        .name("watch-" + directory.getFileName())
                        .start(() -> follow(service, listener));
    }

    private void watch(WatchService service, Path watchedOne) throws IOException {
        if (!watched.contains(watchedOne)) {
            watchedOne.register(
                    service,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_DELETE,
                    StandardWatchEventKinds.ENTRY_MODIFY);
            watched.add(watchedOne);
        }
    }

    @Override
    public void close() {
        try {
            if (watch != null) {
                watch.close();
            }
        } catch (IOException e) {
            LOG.warn("{}: closing the watch: {}", directory, e.getMessage());
        }
        if (thread != null) {
            thread.interrupt();
        }
    }

    private void follow(WatchService service, Consumer<ResourceSet> listener) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                var touched = new HashSet<String>();
                var key = service.poll(pace.rescan().toNanos(), TimeUnit.NANOSECONDS);
                if (key != null) {
                    settle(service, key, touched);
                }
                tryRead(touched);
                var assembled = state.assemble();
                if (!assembled.equals(published)) {
                    published = assembled;
                    listener.accept(assembled);
                }
            }
        } catch (InterruptedException | ClosedWatchServiceException e) {
            LOG.debug("{}: no longer watched", directory);
        }
    }

    private void settle(WatchService service, WatchKey first, Set<String> touched)
            throws InterruptedException {
        long deadline = System.nanoTime() + pace.settleAtMost().toNanos();
        @Nullable WatchKey key = first;
        while (key != null) {
            for (var event : key.pollEvents()) {
                if (event.context() instanceof Path file && key.watchable() instanceof Path in) {
                    touched.add(name(in.resolve(file)));
                }
            }
            if (!key.reset() && key.watchable() instanceof Path gone) {
                // The directory was removed; one of its name is watched anew.
                watched.remove(gone);
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return;
            }
            key = service.poll(Math.min(left, pace.settle().toNanos()), TimeUnit.NANOSECONDS);
        }
    }

    private void tryRead(Set<String> touched) {
        try {
            read(touched);
            listable = true;
        } catch (IOException e) {
            // The directory itself: everything it held stays in effect. Said once, not each time.
            if (listable) {
                LOG.warn("{}: can't be listed, the last state stays: {}", directory, e.toString());
            }
            listable = false;
        }
    }

    private void read(Set<String> touched) throws IOException {
        var present = list();
        var gone = new HashSet<>(stamps.keySet());
        gone.removeAll(present.keySet());
        if (!gone.isEmpty()) {
            state = state.without(gone);
            stamps.keySet().removeAll(gone);
        }
        for (var entry : present.entrySet()) {
            var name = entry.getKey();
            if (touched.contains(name) || !entry.getValue().equals(stamps.get(name))) {
                stamps.put(name, entry.getValue());
                state = state.with(name, outcome(name, entry.getValue().size()));
            }
        }
    }

    private Map<String, Stamp> list() throws IOException {
        var files = new ArrayList<Path>();
        try (var entries = Files.list(directory)) {
            for (var all = entries.iterator(); all.hasNext() && files.size() <= filesMax; ) {
                var entry = all.next();
                if (isInput(entry)) {
                    files.add(entry);
                } else if (isRemote(entry)) {
                    files.addAll(remote(entry));
                }
            }
        }
        if (files.size() > filesMax) {
            throw new IOException("more than " + filesMax + " files");
        }
        var stamps = new TreeMap<String, Stamp>();
        for (var file : files) {
            try {
                var attributes = Files.readAttributes(file, BasicFileAttributes.class);
                if (attributes.isRegularFile()) {
                    stamps.put(
                            name(file),
                            new Stamp(
                                    attributes.size(),
                                    attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
                                    attributes.fileKey()));
                }
            } catch (IOException vanished) {
                LOG.debug("{}: gone while listing", file);
            }
        }
        return stamps;
    }

    /// Watched before it is listed, as the directory itself.
    private List<Path> remote(Path cluster) throws IOException {
        try {
            if (watch != null) {
                watch(watch, cluster);
            }
            try (var entries = Files.list(cluster)) {
                return entries.filter(DirectorySource::isInput).limit(filesMax + 1L).toList();
            }
        } catch (NoSuchFileException vanished) {
            LOG.debug("{}: gone while listing", cluster);
            return List.of();
        }
    }

    /// Relative to the directory, with `/`.
    private String name(Path file) {
        return directory.relativize(file).toString().replace('\\', '/');
    }

    private static boolean isRemote(Path entry) {
        var name = Objects.requireNonNull(entry.getFileName()).toString();
        return RemoteClusters.isDirectory(name) && Files.isDirectory(entry);
    }

    private static boolean isInput(Path file) {
        var name = Objects.requireNonNull(file.getFileName()).toString();
        boolean named = name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json");
        return named && !name.startsWith(".");
    }

    private FileReader.Outcome outcome(String name, long size) {
        if (size > yaml.fileBytes()) {
            return broken(name, size + " bytes (expected: at most " + yaml.fileBytes() + ")");
        }
        try {
            var bytes = Files.readAllBytes(directory.resolve(name));
            var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return FileReader.read(name, text.toString(), yaml);
        } catch (CharacterCodingException e) {
            return broken(name, "not UTF-8");
        } catch (IOException e) {
            return broken(name, "can't be read: " + e);
        }
    }

    private static FileReader.Outcome broken(String file, String message) {
        return new FileReader.Outcome.Broken(Problem.error(new Origin(file, 0), "", "", message));
    }
}
