package dev.ambit.waypoint.telemetry.metrics;

import dev.ambit.waypoint.telemetry.TelemetryLimits;
import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/// Every series of Istio's metrics, by name and labels. The prometheus library wants the same
/// labels for all series of a name, in its own order; chains may each have their own, in Istio's
/// order, so series and text are made here.
///
/// A series that has not changed for long is forgotten, in two steps: first those who keep it at
/// hand are told to ask again (`generation`), and if it is still unchanged at the next sweep it
/// goes. Any thread; sweeps and texts one at a time.
public final class SeriesTable {
    /// Envoy's buckets.
    static final double[] BUCKETS = {
        0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000,
        1800000, 3600000
    };

    private final ConcurrentMap<String, Family> families = new ConcurrentHashMap<>();
    private final TelemetryLimits limits;
    private final LongSupplier nanos;
    private final double[] bounds;
    private final AtomicInteger generation = new AtomicInteger();
    private final LongAdder overflow = new LongAdder();

    /// @param nanos the monotonic clock
    /// @param bounds of histogram buckets, ascending; Envoy's where empty
    public SeriesTable(TelemetryLimits limits, LongSupplier nanos, double[] bounds) {
        this.limits = limits;
        this.nanos = nanos;
        this.bounds = bounds.length == 0 ? BUCKETS : bounds.clone();
    }

    public SeriesTable(TelemetryLimits limits, LongSupplier nanos) {
        this(limits, nanos, new double[0]);
    }

    enum Kind {
        COUNTER("counter"),
        GAUGE("gauge"),
        HISTOGRAM("histogram");

        private final String text;

        Kind(String text) {
            this.text = text;
        }
    }

    /// One name.
    private static final class Family {
        private final Kind kind;
        private final ConcurrentMap<String, Series> series = new ConcurrentHashMap<>();

        Family(Kind kind) {
            this.kind = kind;
        }
    }

    /// One label set of a name.
    static final class Series {
        private final LongAdder count = new LongAdder();
        private final Histogram histogram;
        private final Kind kind;
        private volatile long gauge;
        private long seen;
        private long changedAt;
        private boolean leaving;

        private Series(Kind kind, double[] bounds, long now) {
            this.kind = kind;
            this.histogram = new Histogram(kind == Kind.HISTOGRAM ? bounds : new double[0]);
            this.changedAt = now;
            this.seen = -1;
        }

        /// Counts, records or sets, as its kind is.
        void add(long amount) {
            switch (kind) {
                case COUNTER -> count.add(amount);
                case GAUGE -> gauge = amount;
                case HISTOGRAM -> histogram.record(amount);
            }
        }

        private long activity() {
            return switch (kind) {
                case COUNTER -> count.sum();
                case GAUGE -> gauge;
                case HISTOGRAM -> histogram.activity();
            };
        }
    }

    /// Changes when series kept elsewhere are to be asked for again.
    int generation() {
        return generation.get();
    }

    /// @param labels as the text format has them, without braces
    /// @param unknown the same with every value `unknown`, for what is too much
    Series series(Kind kind, String name, String labels, String unknown) {
        var family = families.computeIfAbsent(name, _ -> new Family(kind));
        var known = family.series.get(labels);
        if (known != null) {
            return known;
        }
        if (family.series.size() >= limits.series()) {
            overflow.increment();
            return family.series.computeIfAbsent(unknown, _ -> make(family.kind));
        }
        return family.series.computeIfAbsent(labels, _ -> make(family.kind));
    }

    private Series make(Kind kind) {
        return new Series(kind, bounds, nanos.getAsLong());
    }

    /// Asked for a label set that was one too many.
    public long overflow() {
        return overflow.sum();
    }

    public int size() {
        int size = 0;
        for (var family : families.values()) {
            size += family.series.size();
        }
        return size;
    }

    /// Forgets what is to be forgotten by now.
    synchronized void sweep() {
        long now = nanos.getAsLong();
        boolean ask = false;
        for (var family : families.values()) {
            var gone = new ArrayList<Map.Entry<String, Series>>();
            for (var entry : family.series.entrySet()) {
                var series = entry.getValue();
                long activity = series.activity();
                if (activity != series.seen) {
                    series.seen = activity;
                    series.changedAt = now;
                    series.leaving = false;
                } else if (series.leaving) {
                    gone.add(entry);
                } else if (family.kind != Kind.GAUGE
                        && now - series.changedAt >= limits.seriesIdle().toNanos()) {
                    series.leaving = true;
                    ask = true;
                }
            }
            gone.forEach(entry -> family.series.remove(entry.getKey(), entry.getValue()));
        }
        if (ask) {
            generation.incrementAndGet();
        }
    }

    /// All series in Prometheus' text format 0.0.4, as Envoy prints them: types, no help.
    public synchronized String text() {
        sweep();
        var out = new StringBuilder(4 << 10);
        for (var entry : new TreeMap<>(families).entrySet()) {
            var name = entry.getKey();
            var family = entry.getValue();
            if (family.series.isEmpty()) {
                continue;
            }
            out.append("# TYPE ").append(name).append(' ').append(family.kind.text).append('\n');
            family.series.forEach((labels, series) -> {
                if (family.kind == Kind.HISTOGRAM) {
                    series.histogram.text(out, name, labels);
                } else {
                    out.append(name).append('{').append(labels).append("} ");
                    out.append(series.activity()).append('\n');
                }
            });
        }
        return out.toString();
    }
}
