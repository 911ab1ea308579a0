package dev.ambit.process.log;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/// Writes log lines on a thread of its own. Nobody who logs ever waits: when the queue is full the
/// line is dropped, and counted.
public final class LineWriter extends Handler {
    private final OutputStream out;
    private final LineFormat format;
    private final LogLimits limits;
    private final ArrayBlockingQueue<LogRecord> queue;
    private final AtomicLong dropped = new AtomicLong();
    private final Thread thread;
    private volatile boolean closed;

    LineWriter(OutputStream out, LineFormat format, LogLimits limits) {
        this.out = out;
        this.format = format;
        this.limits = limits;
        this.queue = new ArrayBlockingQueue<>(limits.queueLines());
        this.thread = Thread.ofPlatform().name("log").daemon().start(this::run);
    }

    long dropped() {
        return dropped.get();
    }

    @Override
    public void publish(LogRecord record) {
        if (closed || !queue.offer(record)) {
            dropped.incrementAndGet();
        }
    }

    private void run() {
        var batch = new ArrayList<LogRecord>();
        while (!closed || !queue.isEmpty()) {
            try {
                var first = queue.poll(200, TimeUnit.MILLISECONDS);
                if (first == null) {
                    continue;
                }
                batch.add(first);
                gather(batch);
                write(batch);
            } catch (InterruptedException closing) {
                // The loop's condition decides.
            } finally {
                batch.clear();
            }
        }
    }

    /// Waits a little for more: whoever logs next does not have to wake this thread, and one write
    /// serves all.
    private void gather(ArrayList<LogRecord> batch) {
        queue.drainTo(batch, limits.batchLines() - batch.size());
        if (!closed && batch.size() < limits.batchLines()) {
            LockSupport.parkNanos(limits.gather().toNanos());
            queue.drainTo(batch, limits.batchLines() - batch.size());
        }
    }

    private void write(ArrayList<LogRecord> batch) {
        var text = new StringBuilder();
        int lines = 0;
        for (var record : batch) {
            try {
                var line = format.line(record);
                boolean tooLong = line.length() > limits.lineChars();
                text.append(tooLong ? line.substring(0, limits.lineChars()) + "...\n" : line);
                lines++;
            } catch (RuntimeException unprintable) {
                // A value's own fault; this thread must outlive it, or no line is written again.
                dropped.incrementAndGet();
            }
        }
        try {
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException gone) {
            dropped.addAndGet(lines);
        }
    }

    @Override
    public void flush() {
        // The thread flushes each batch.
    }

    /// Writes what is queued, for at most a second.
    @Override
    public void close() {
        closed = true;
        try {
            thread.join(1_000);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }
}
