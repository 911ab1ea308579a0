package dev.ambit.waypoint.telemetry.log;

import dev.ambit.waypoint.telemetry.TelemetryLimits;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The files of all access logs, written by one thread. Nobody who logs ever waits: a line for
/// which there is no room is dropped, and counted. Lines gather for a moment, so that whoever logs
/// seldom has to wake the thread and one write serves many.
public final class LogFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogFiles.class);
    private static final int BATCH = 1_024;
    private static final long IDLE_MILLIS = 200;
    private static final long CLOSE_MILLIS = 1_000;

    private final TelemetryLimits limits;
    private final Opener opener;
    private final ArrayBlockingQueue<Entry> queue;
    private final Map<String, LogFile> files = new ConcurrentHashMap<>();
    private final LongAdder written = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final Thread thread;
    private volatile boolean closed;

    /// How a path becomes a stream; in tests something else than a file.
    public interface Opener {
        OutputStream open(String path) throws IOException;
    }

    private record Entry(LogFile file, String octets) {}

    /// One path. Any thread.
    public final class LogFile {
        private final String path;

        private LogFile(String path) {
            this.path = path;
        }

        /// Queues a line.
        ///
        /// @param octets of one line with its end
        public void write(String octets) {
            var line =
                    octets.length() > limits.logLineBytes()
                            ? octets.substring(0, limits.logLineBytes()) + "...\n"
                            : octets;
            if (closed || !queue.offer(new Entry(this, line))) {
                dropped.increment();
            }
        }
    }

    public LogFiles(TelemetryLimits limits) {
        this(limits, LogFiles::open);
    }

    public LogFiles(TelemetryLimits limits, Opener opener) {
        this.limits = limits;
        this.opener = opener;
        this.queue = new ArrayBlockingQueue<>(limits.logQueueLines());
        this.thread = Thread.ofPlatform().name("access-log").daemon().start(this::run);
    }

    public LogFile file(String path) {
        return files.computeIfAbsent(path, LogFile::new);
    }

    public long written() {
        return written.sum();
    }

    public long dropped() {
        return dropped.sum();
    }

    /// Standard output and error are taken as they are: opening their paths anew fails where they
    /// belong to somebody else.
    private static OutputStream open(String path) throws IOException {
        return switch (path) {
            case "/dev/stdout" -> new FileOutputStream(FileDescriptor.out);
            case "/dev/stderr" -> new FileOutputStream(FileDescriptor.err);
            default ->
                    Files.newOutputStream(
                            Path.of(path), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        };
    }

    private void run() {
        var streams = new HashMap<LogFile, OutputStream>();
        var batch = new ArrayList<Entry>(BATCH);
        while (!closed || !queue.isEmpty()) {
            try {
                var first = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
                if (first == null) {
                    continue;
                }
                batch.add(first);
                if (!closed && queue.size() < BATCH) {
                    LockSupport.parkNanos(limits.logFlush().toNanos());
                }
                queue.drainTo(batch, BATCH - 1);
                write(batch, streams);
            } catch (InterruptedException closing) {
                // The loop's condition decides.
            } finally {
                batch.clear();
            }
        }
        streams.forEach(LogFiles::close);
    }

    private void write(List<Entry> batch, Map<LogFile, OutputStream> streams) {
        int from = 0;
        while (from < batch.size()) {
            var file = batch.get(from).file;
            var text = new StringBuilder();
            int to = from;
            while (to < batch.size() && batch.get(to).file == file) {
                text.append(batch.get(to++).octets);
            }
            write(file, text.toString(), to - from, streams);
            from = to;
        }
    }

    private void write(LogFile file, String octets, int lines, Map<LogFile, OutputStream> streams) {
        try {
            var stream = streams.get(file);
            if (stream == null) {
                stream = opener.open(file.path);
                streams.put(file, stream);
            }
            stream.write(octets.getBytes(StandardCharsets.ISO_8859_1));
            stream.flush();
            written.add(lines);
        } catch (IOException | java.nio.file.InvalidPathException broken) {
            dropped.add(lines);
            var stream = streams.remove(file);
            if (stream != null) {
                close(file, stream);
            }
            LOG.warn(
                    "access log {}: {} (expected: a file that can be written; is the volume"
                            + " there?)",
                    file.path,
                    broken.toString());
        }
    }

    private static void close(LogFile file, OutputStream stream) {
        if (file.path.equals("/dev/stdout") || file.path.equals("/dev/stderr")) {
            return;
        }
        try {
            stream.close();
        } catch (IOException gone) {
            LOG.debug("access log {} while it is closed: {}", file.path, gone.toString());
        }
    }

    /// Writes what is queued, for at most a second.
    @Override
    public void close() {
        closed = true;
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }
}
