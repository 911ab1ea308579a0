package dev.ambit.ztunnel.telemetry;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/// Istio's standard TCP metrics. The counters of a pair of workloads are kept together, so that a
/// connection costs a look-up and a few additions; labels are put together when they are scraped.
/// The prometheus library wants the same labels for all series of a name, and sorts them: neither
/// is so here.
///
/// Series are forgotten: those of a workload that is gone after a while, those that nobody uses
/// after a longer one. It happens when they are scraped, and when there are too many.
final class TrafficMetrics {
    private static final String OPENED = "istio_tcp_connections_opened";
    private static final String CLOSED = "istio_tcp_connections_closed";
    private static final String RECEIVED = "istio_tcp_received_bytes";
    private static final String SENT = "istio_tcp_sent_bytes";
    private static final String FAILED = "istio_tcp_connections_failed";
    private static final ResponseFlag[] FLAGS = ResponseFlag.values();

    private final TelemetryLimits limits;
    private final LongSupplier nanoTime;
    private final Map<TrafficLabels, Series> series = new ConcurrentHashMap<>();

    /// Workloads that are gone, and since when.
    private final Map<String, Long> gone = new ConcurrentHashMap<>();

    TrafficMetrics(TelemetryLimits limits, LongSupplier nanoTime) {
        this.limits = limits;
        this.nanoTime = nanoTime;
    }

    /// The counters of a connection that opens; `released` when it is closed.
    Series acquire(ConnectionDescription description) {
        var labels = TrafficLabels.of(description);
        while (true) {
            var known = series.get(labels);
            if (known == null) {
                if (series.size() >= limits.trafficSeries()) {
                    labels = TrafficLabels.indistinct(description);
                }
                known = series.computeIfAbsent(labels, Series::new);
            }
            if (known.acquire()) {
                return known;
            }
            // It was forgotten meanwhile.
            series.remove(labels, known);
        }
    }

    void gone(String uid) {
        gone.putIfAbsent(uid, nanoTime.getAsLong());
    }

    void back(String uid) {
        gone.remove(uid);
    }

    int size() {
        return series.size();
    }

    /// Forgets what is to be forgotten by now.
    void sweep() {
        long now = nanoTime.getAsLong();
        for (var each : series.values()) {
            if (each.isOver(now) && each.retire()) {
                series.remove(each.labels, each);
            }
        }
        gone.values().removeIf(since -> now - since >= limits.goneSeries().toNanos());
    }

    /// All series in the text format, OpenMetrics 1.0.
    String text() {
        sweep();
        var opened = family(OPENED, "The total number of TCP connections opened.");
        var closed = family(CLOSED, "The total number of TCP connections closed.");
        var received =
                family(
                        RECEIVED,
                        "The size of total bytes received during request in case of a TCP connection.");
        var sent =
                family(
                        SENT,
                        "The size of total bytes sent during response in case of a TCP connection.");
        var failed =
                family(
                        FAILED,
                        "The total number of TCP connections that failed to establish (unstable).");
        for (var each : series.values()) {
            var labels = each.labels.with(ResponseFlag.NONE);
            sample(opened, OPENED, labels, each.opened.sum());
            sample(received, RECEIVED, labels, each.received.sum());
            sample(sent, SENT, labels, each.sent.sum());
            for (var flag : FLAGS) {
                long count = each.closed.get(flag.ordinal());
                if (count > 0) {
                    var flagged = each.labels.with(flag);
                    sample(closed, CLOSED, flagged, count);
                    if (flag != ResponseFlag.NONE) {
                        sample(failed, FAILED, flagged, count);
                    }
                }
            }
        }
        return opened.append(closed).append(received).append(sent).append(failed).toString();
    }

    private static StringBuilder family(String name, String help) {
        return new StringBuilder()
                .append("# HELP ")
                .append(name)
                .append(' ')
                .append(help)
                .append("\n# TYPE ")
                .append(name)
                .append(" counter\n");
    }

    private static void sample(StringBuilder family, String name, String labels, long value) {
        family.append(name)
                .append("_total{")
                .append(labels)
                .append("} ")
                .append(value)
                .append('\n');
    }

    /// The counters of one pair. Any thread.
    final class Series {
        private static final int RETIRED = -1;

        private final TrafficLabels labels;
        private final AtomicInteger open = new AtomicInteger();
        private volatile long usedAt = nanoTime.getAsLong();
        private final LongAdder opened = new LongAdder();
        private final LongAdder received = new LongAdder();
        private final LongAdder sent = new LongAdder();
        private final AtomicLongArray closed = new AtomicLongArray(FLAGS.length);

        Series(TrafficLabels labels) {
            this.labels = labels;
        }

        private boolean acquire() {
            while (true) {
                int now = open.get();
                if (now == RETIRED) {
                    return false;
                }
                if (open.compareAndSet(now, now + 1)) {
                    opened.increment();
                    return true;
                }
            }
        }

        private boolean retire() {
            return open.compareAndSet(0, RETIRED);
        }

        private boolean isOver(long now) {
            if (open.get() != 0) {
                return false;
            }
            return now - usedAt >= limits.idleSeries().toNanos()
                    || isGone(labels.source().uid(), now)
                    || isGone(labels.destination().uid(), now);
        }

        private boolean isGone(String uid, long now) {
            var since = uid.isEmpty() ? null : gone.get(uid);
            return since != null && now - since >= limits.goneSeries().toNanos();
        }

        void bytes(long receivedBytes, long sentBytes) {
            if (receivedBytes != 0) {
                received.add(receivedBytes);
            }
            if (sentBytes != 0) {
                sent.add(sentBytes);
            }
        }

        /// The connection is over: counts it, and lets go.
        void closed(ResponseFlag flag) {
            closed.incrementAndGet(flag.ordinal());
            usedAt = nanoTime.getAsLong();
            open.decrementAndGet();
        }
    }
}
