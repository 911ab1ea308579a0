package dev.ambit.waypoint.upstream;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// Ejects hosts of one cluster that do badly, and lets them come back: the same decisions on the
/// same events as Envoy's. Judged on the control thread, under the cluster's lock.
public final class OutlierDetector {
    private static final int PERCENT = 100;
    private static final double THOUSANDTHS = 1000.0;

    private final Control control;
    private final Owner owner;
    private volatile OutlierConfig config;
    private final Map<Host, OutlierMonitor> monitors = new LinkedHashMap<>();
    private final Map<Ejection, LongAdder> detected = adders();
    private final Map<Ejection, LongAdder> enforced = adders();
    private final LongAdder overflow = new LongAdder();

    /// Written under the lock alone.
    private volatile int ejected;

    private volatile Threshold external = Threshold.NONE;
    private volatile Threshold local = Threshold.NONE;
    private Control.@Nullable Timer timer;

    /// The cluster.
    interface Owner {
        /// Runs under the lock that guards everything here.
        void locked(Runnable task);

        void onHealthChanged();

        void onEjected(Host host, Ejection why, boolean enforced);

        void onReturned(Host host);
    }

    /// Mean of the success rates, percent, and the rate under which a host is ejected; -1 for none.
    public record Threshold(double mean, double ejection) {
        static final Threshold NONE = new Threshold(-1, -1);
    }

    OutlierDetector(OutlierConfig config, Control control, Owner owner) {
        this.config = config;
        this.control = control;
        this.owner = owner;
    }

    private static Map<Ejection, LongAdder> adders() {
        var made = new EnumMap<Ejection, LongAdder>(Ejection.class);
        for (var kind : Ejection.values()) {
            made.put(kind, new LongAdder());
        }
        return Map.copyOf(made);
    }

    private static void count(Map<Ejection, LongAdder> counters, Ejection kind) {
        var counter = counters.get(kind);
        if (counter != null) {
            counter.increment();
        }
    }

    OutlierConfig config() {
        return config;
    }

    void start() {
        arm();
    }

    void stop() {
        if (timer != null) {
            timer.cancel();
        }
        timer = null;
        for (var host : List.copyOf(monitors.keySet())) {
            remove(host);
        }
    }

    private void arm() {
        timer = control.schedule(() -> owner.locked(this::onInterval), config.interval().toNanos());
    }

    void config(OutlierConfig value) {
        config = value;
    }

    /// The hosts there are now.
    void hosts(Collection<Host> now) {
        for (var host : List.copyOf(monitors.keySet())) {
            if (!now.contains(host)) {
                remove(host);
            }
        }
        for (var host : now) {
            monitors.computeIfAbsent(
                    host,
                    h -> {
                        var monitor = new OutlierMonitor(this, h);
                        h.outlier(monitor);
                        return monitor;
                    });
        }
    }

    private void remove(Host host) {
        if (host.ejected()) {
            ejected = ejected - 1;
            host.ejected(false);
        }
        host.outlier(null);
        monitors.remove(host);
    }

    /// From an event loop.
    void onConsecutive(OutlierMonitor monitor, Ejection kind) {
        control.execute(() -> owner.locked(() -> consecutive(monitor, kind)));
    }

    private void consecutive(OutlierMonitor monitor, Ejection kind) {
        if (monitors.get(monitor.host) != monitor || monitor.host.ejected()) {
            return;
        }
        count(detected, kind);
        if (eject(monitor, kind)) {
            owner.onHealthChanged();
        }
        // So that the next as many errors are noticed too, even when this bout was not enforced.
        monitor.reset(kind);
    }

    private boolean eject(OutlierMonitor monitor, Ejection kind) {
        double share = 100.0 * (ejected + 1) / monitors.size();
        boolean may =
                share <= Math.min(PERCENT, config.maxEjectionPercent())
                        || config.alwaysEjectOne() && ejected == 0;
        if (!may) {
            overflow.increment();
            return false;
        }
        boolean really = Long.remainderUnsigned(control.random(), PERCENT) < enforcing(kind);
        owner.onEjected(monitor.host, kind, really);
        if (!really) {
            return false;
        }
        ejected = ejected + 1;
        count(enforced, kind);
        monitor.host.ejected(true);
        monitor.ejections++;
        monitor.ejectedAtNanos = control.nanoTime();
        long jitterMillis = config.maxEjectionJitter().toMillis();
        monitor.jitterNanos =
                Long.remainderUnsigned(control.random(), jitterMillis + 1) * 1_000_000;
        long base = config.baseEjectionTime().toNanos();
        if (monitor.backoff * base < config.maxEjectionTime().toNanos() + base) {
            monitor.backoff++;
        }
        return true;
    }

    private int enforcing(Ejection kind) {
        return switch (kind) {
            case CONSECUTIVE_5XX -> config.consecutive().enforcingServerErrors();
            case CONSECUTIVE_GATEWAY_FAILURE -> config.consecutive().enforcingGatewayErrors();
            case CONSECUTIVE_LOCAL_ORIGIN_FAILURE -> config.consecutive().enforcingLocalErrors();
            case SUCCESS_RATE -> config.successRate().enforcing();
            case SUCCESS_RATE_LOCAL_ORIGIN -> config.successRate().enforcingLocal();
            case FAILURE_PERCENTAGE -> config.failurePercentage().enforcing();
            case FAILURE_PERCENTAGE_LOCAL_ORIGIN -> config.failurePercentage().enforcingLocal();
        };
    }

    private void onInterval() {
        if (timer == null) {
            return;
        }
        long now = control.nanoTime();
        boolean changed = false;
        for (var monitor : monitors.values()) {
            changed |= returnIfDue(monitor, now);
            monitor.external.turn();
            monitor.local.turn();
        }
        var outside = judge(false);
        external = outside.threshold;
        var inside = judge(true);
        local = inside.threshold;
        changed |= outside.ejected || inside.ejected;
        forgive(now);
        if (changed) {
            owner.onHealthChanged();
        }
        arm();
    }

    private boolean returnIfDue(OutlierMonitor monitor, long now) {
        if (!monitor.host.ejected()) {
            return false;
        }
        long due =
                Math.min(
                                config.baseEjectionTime().toNanos() * monitor.backoff,
                                config.maxEjectionTime().toNanos())
                        + monitor.jitterNanos;
        if (now - monitor.ejectedAtNanos < due) {
            return false;
        }
        ejected = ejected - 1;
        monitor.host.ejected(false);
        monitor.resetConsecutive();
        monitor.unejectedAtNanos = control.nanoTime();
        monitor.everUnejected = true;
        owner.onReturned(monitor.host);
        return true;
    }

    /// A host that stays well is punished less the next time.
    private void forgive(long now) {
        for (var monitor : monitors.values()) {
            if (!monitor.host.ejected()
                    && monitor.everUnejected
                    && now - monitor.unejectedAtNanos >= config.interval().toNanos()
                    && monitor.backoff > 0) {
                monitor.backoff--;
            }
        }
    }

    private record Judged(Threshold threshold, boolean ejected) {}

    private record Rated(OutlierMonitor monitor, double percent) {}

    private Judged judge(boolean ofLocal) {
        var rate = config.successRate();
        var failure = config.failurePercentage();
        if (monitors.size() < rate.minHosts() && monitors.size() < failure.minHosts()) {
            return new Judged(Threshold.NONE, false);
        }
        var byRate = new ArrayList<Rated>();
        var byFailure = new ArrayList<Rated>();
        for (var monitor : monitors.values()) {
            var seen = ofLocal ? monitor.local : monitor.external;
            if (monitor.host.ejected() || seen.volume() == 0) {
                continue;
            }
            var rated = new Rated(monitor, seen.percent());
            if (seen.volume() >= Math.min(rate.requestVolume(), failure.requestVolume())) {
                seen.shown = rated.percent;
            }
            if (seen.volume() >= rate.requestVolume()) {
                byRate.add(rated);
            }
            if (seen.volume() >= failure.requestVolume()) {
                byFailure.add(rated);
            }
        }
        var threshold = Threshold.NONE;
        boolean changed = false;
        if (!byRate.isEmpty() && byRate.size() >= rate.minHosts()) {
            threshold = threshold(byRate, rate.stdevFactor() / THOUSANDTHS);
            var kind = ofLocal ? Ejection.SUCCESS_RATE_LOCAL_ORIGIN : Ejection.SUCCESS_RATE;
            for (var rated : byRate) {
                if (rated.percent < threshold.ejection()) {
                    changed |= outlier(rated.monitor, kind);
                }
            }
        }
        if (!byFailure.isEmpty() && byFailure.size() >= failure.minHosts()) {
            var kind =
                    ofLocal
                            ? Ejection.FAILURE_PERCENTAGE_LOCAL_ORIGIN
                            : Ejection.FAILURE_PERCENTAGE;
            for (var rated : byFailure) {
                if (PERCENT - rated.percent >= failure.threshold()) {
                    changed |= outlier(rated.monitor, kind);
                }
            }
        }
        return new Judged(threshold, changed);
    }

    private boolean outlier(OutlierMonitor monitor, Ejection kind) {
        count(detected, kind);
        // By rate and by percentage at once: once is enough.
        return !monitor.host.ejected() && eject(monitor, kind);
    }

    private static Threshold threshold(List<Rated> hosts, double factor) {
        double sum = 0;
        for (var rated : hosts) {
            sum += rated.percent;
        }
        double mean = sum / hosts.size();
        double variance = 0;
        for (var rated : hosts) {
            variance += (rated.percent - mean) * (rated.percent - mean);
        }
        return new Threshold(mean, mean - factor * Math.sqrt(variance / hosts.size()));
    }

    OutlierStatus status() {
        return new OutlierStatus(
                ejected,
                sums(detected),
                sums(enforced),
                overflow.sum(),
                external.mean(),
                external.ejection(),
                local.mean(),
                local.ejection());
    }

    private static Map<Ejection, Long> sums(Map<Ejection, LongAdder> counters) {
        var sums = new EnumMap<Ejection, Long>(Ejection.class);
        counters.forEach((kind, counter) -> sums.put(kind, counter.sum()));
        return sums;
    }

    /// For people and metrics. Rates are percents, -1 for none.
    ///
    /// @param active hosts ejected now
    /// @param overflow ejections not made because too many hosts were ejected already
    public record OutlierStatus(
            int active,
            Map<Ejection, Long> detected,
            Map<Ejection, Long> enforced,
            long overflow,
            double successRateMean,
            double successRateThreshold,
            double localSuccessRateMean,
            double localSuccessRateThreshold) {}
}
