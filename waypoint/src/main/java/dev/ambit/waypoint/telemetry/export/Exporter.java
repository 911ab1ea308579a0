package dev.ambit.waypoint.telemetry.export;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.telemetry.TelemetryLimits;
import dev.ambit.waypoint.upstream.call.Call;
import dev.ambit.waypoint.upstream.call.CallResult;
import dev.ambit.waypoint.upstream.call.Grpc;
import dev.ambit.waypoint.upstream.call.GrpcStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Entries for one collector: taken from any thread, gathered into messages, and sent on one loop.
/// Nobody waits: what there is no room for, and what could not be sent, is dropped and counted, as
/// Envoy does.
public final class Exporter {
    private static final Logger LOG = LoggerFactory.getLogger(Exporter.class);
    private static final int ANSWER_BYTES = 64 << 10;
    private static final long LOG_EVERY_NANOS = TimeUnit.SECONDS.toNanos(30);

    /// What happens to entries, all of them together.
    ///
    /// @param sent in messages that were answered well, or handed to a stream
    /// @param dropped for want of room
    /// @param failed in messages that did not get through
    public record Counts(LongAdder sent, LongAdder dropped, LongAdder failed) {
        public static Counts start() {
            return new Counts(new LongAdder(), new LongAdder(), new LongAdder());
        }
    }

    private final Destination destination;
    private final Envelope envelope;
    private final ExportLoop loop;
    private final TelemetryLimits limits;
    private final Batching batching;
    private final Counts counts;
    private final ConcurrentLinkedQueue<byte[]> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicLong queuedBytes = new AtomicLong();

    /// Whether a flush is going to happen by itself.
    private final AtomicBoolean timed = new AtomicBoolean();

    private final AtomicBoolean urgent = new AtomicBoolean();

    // ---- on the loop
    private final ArrayDeque<List<byte[]>> waiting = new ArrayDeque<>();
    private @Nullable GrpcStream stream;
    private boolean opening;
    private boolean first = true;
    private int inFlight;
    private long loggedAt;
    private boolean logged;

    /// When entries become a message: so many of them, so large together, or so old.
    public record Batching(int bytes, int entries, java.time.Duration delay) {
        public static Batching of(TelemetryLimits limits) {
            return new Batching(limits.batchBytes(), limits.batchEntries(), limits.batchDelay());
        }
    }

    public Exporter(
            Destination destination,
            Envelope envelope,
            ExportLoop loop,
            TelemetryLimits limits,
            Batching batching,
            Counts counts) {
        this.destination = destination;
        this.envelope = envelope;
        this.loop = loop;
        this.limits = limits;
        this.batching = batching;
        this.counts = counts;
    }

    /// Takes an entry. Any thread.
    public void offer(byte[] entry) {
        if (queued.get() >= limits.exportQueue()) {
            counts.dropped.increment();
            return;
        }
        queue.add(entry);
        int entries = queued.incrementAndGet();
        long bytes = queuedBytes.addAndGet(entry.length);
        if (bytes >= batching.bytes() || entries >= batching.entries()) {
            if (urgent.compareAndSet(false, true)) {
                loop.execute(this::flush);
            }
        } else if (timed.compareAndSet(false, true)) {
            loop.schedule(this::timedFlush, batching.delay().toNanos());
        }
    }

    private void timedFlush() {
        timed.set(false);
        flush();
    }

    private void flush() {
        urgent.set(false);
        var batch = new ArrayList<byte[]>();
        int bytes = 0;
        byte[] entry;
        while ((entry = queue.poll()) != null) {
            queued.decrementAndGet();
            queuedBytes.addAndGet(-entry.length);
            batch.add(entry);
            bytes += entry.length;
            if (bytes >= batching.bytes() || batch.size() >= batching.entries()) {
                enqueue(batch);
                batch = new ArrayList<>();
                bytes = 0;
            }
        }
        if (!batch.isEmpty()) {
            enqueue(batch);
        }
        send();
    }

    private void enqueue(List<byte[]> batch) {
        int held = 0;
        for (var each : waiting) {
            held += each.size();
        }
        if (held + batch.size() > limits.exportQueue()) {
            counts.dropped.add(batch.size());
        } else {
            waiting.add(batch);
        }
    }

    private void send() {
        switch (destination) {
            case Destination.GrpcService grpc -> {
                if (grpc.streaming()) {
                    stream(grpc);
                } else {
                    unary(grpc);
                }
            }
            case Destination.Http http -> post(http);
        }
    }

    // ---- one call a message

    private void unary(Destination.GrpcService to) {
        while (inFlight < limits.exportInFlight() && !waiting.isEmpty()) {
            var batch = waiting.remove();
            inFlight++;
            var head =
                    Grpc.head(
                            to.cluster(), to.authority(), to.method(), to.metadata(), to.timeout());
            Grpc.unary(
                    loop.loop(),
                    loop.upstreams(),
                    to.cluster(),
                    head,
                    envelope.wrap(batch, first),
                    to.timeout(),
                    ANSWER_BYTES,
                    result -> {
                        inFlight--;
                        switch (result) {
                            case Grpc.Result.Message _ -> counts.sent.add(batch.size());
                            case Grpc.Result.Status status ->
                                    failed(
                                            batch.size(),
                                            "grpc-status "
                                                    + status.code()
                                                    + " "
                                                    + status.message());
                        }
                        loop.execute(this::send);
                    });
            first = false;
        }
    }

    private void post(Destination.Http to) {
        while (inFlight < limits.exportInFlight() && !waiting.isEmpty()) {
            var batch = waiting.remove();
            inFlight++;
            var body = envelope.wrap(batch, first);
            var headers = new Headers();
            headers.add("content-type", to.contentType());
            to.headers().forEach(headers::set);
            headers.set("content-length", Integer.toString(body.length));
            var head =
                    new RequestHead(
                            HttpVersion.HTTP_1_1,
                            "POST",
                            "http",
                            to.host(),
                            to.path(),
                            headers,
                            null);
            Call.start(
                    loop.loop(),
                    loop.upstreams(),
                    to.cluster(),
                    head,
                    body,
                    to.timeout(),
                    ANSWER_BYTES,
                    result -> answered(result, batch.size()));
            first = false;
        }
    }

    private void answered(CallResult result, int entries) {
        inFlight--;
        switch (result) {
            case CallResult.Answered answer -> {
                if (answer.status() / 100 == 2) {
                    counts.sent.add(entries);
                } else {
                    failed(entries, "status " + answer.status());
                }
            }
            case CallResult.Failed failure ->
                    failed(entries, failure.kind() + " " + failure.detail());
        }
        loop.execute(this::send);
    }

    // ---- one stream for all

    private void stream(Destination.GrpcService to) {
        var open = stream;
        if (open == null) {
            if (!opening && !waiting.isEmpty()) {
                open(to);
            }
            return;
        }
        while (!waiting.isEmpty()) {
            var batch = waiting.remove();
            if (open.outstanding() > (long) limits.exportInFlight() * batching.bytes()) {
                counts.dropped.add(batch.size());
            } else {
                open.send(envelope.wrap(batch, first));
                first = false;
                counts.sent.add(batch.size());
            }
        }
    }

    private void open(Destination.GrpcService to) {
        opening = true;
        first = true;
        var head =
                Grpc.head(
                        to.cluster(),
                        to.authority(),
                        to.method(),
                        to.metadata(),
                        java.time.Duration.ZERO);
        var made = new GrpcStream[1];
        made[0] =
                GrpcStream.open(
                        loop.upstreams(),
                        to.cluster(),
                        head,
                        // Later, so that it is known by then.
                        () ->
                                loop.execute(() -> {
                                    if (made[0].open()) {
                                        opening = false;
                                        stream = made[0];
                                        send();
                                    }
                                }),
                        why -> {
                            opening = false;
                            stream = null;
                            lost(why);
                        });
    }

    /// What waited for the stream is lost with it: the next entry opens another.
    private void lost(String why) {
        int entries = 0;
        for (var batch : waiting) {
            entries += batch.size();
        }
        waiting.clear();
        failed(entries, why);
    }

    private void failed(int entries, String why) {
        counts.failed.add(entries);
        long now = loop.loop().ticker().nanoTime();
        if (!logged || now - loggedAt > LOG_EVERY_NANOS) {
            logged = true;
            loggedAt = now;
            LOG.warn(
                    "telemetry to {}: {} entries lost: {} (expected: a collector that answers; is"
                            + " it there?)",
                    destination.cluster(),
                    entries,
                    why);
        }
    }
}
