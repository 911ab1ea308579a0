package dev.ambit.waypoint.telemetry.metrics;

import java.util.concurrent.atomic.LongAdder;

/// One series of a histogram. Any thread.
final class Histogram {
    private final double[] bounds;

    /// Per bucket, not cumulative; the last is for what is above every bound.
    private final LongAdder[] counts;

    private final LongAdder sum = new LongAdder();

    Histogram(double[] bounds) {
        this.bounds = bounds;
        this.counts = new LongAdder[bounds.length + 1];
        for (int at = 0; at < counts.length; at++) {
            counts[at] = new LongAdder();
        }
    }

    void record(long value) {
        int at = 0;
        while (at < bounds.length && value > bounds[at]) {
            at++;
        }
        counts[at].increment();
        sum.add(value);
    }

    /// Changes with every record but those of 0.
    long activity() {
        long all = 0;
        for (var count : counts) {
            all += count.sum();
        }
        return all;
    }

    void text(StringBuilder out, String name, String labels) {
        long count = 0;
        for (int at = 0; at < counts.length; at++) {
            count += counts[at].sum();
            out.append(name).append("_bucket{").append(labels);
            out.append(labels.isEmpty() ? "le=\"" : ",le=\"");
            if (at < bounds.length) {
                bound(out, bounds[at]);
            } else {
                out.append("+Inf");
            }
            out.append("\"} ").append(count).append('\n');
        }
        out.append(name).append("_sum{").append(labels).append("} ");
        out.append(sum.sum()).append('\n');
        out.append(name).append("_count{").append(labels).append("} ");
        out.append(count).append('\n');
    }

    private static void bound(StringBuilder out, double bound) {
        if (bound == Math.rint(bound)) {
            out.append((long) bound);
        } else {
            out.append(bound);
        }
    }
}
