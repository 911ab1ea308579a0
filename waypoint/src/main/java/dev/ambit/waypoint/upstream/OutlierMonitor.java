package dev.ambit.waypoint.upstream;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// What one host did lately, as Envoy's outlier detection counts it. `report` is called by event
/// loops; everything else belongs to the detector.
final class OutlierMonitor {
    private static final int OK = 200;
    private static final int SERVER_ERROR = 500;
    private static final int BAD_GATEWAY = 502;
    private static final int UNAVAILABLE = 503;
    private static final int GATEWAY_TIMEOUT = 504;

    private final OutlierDetector detector;
    final Host host;
    private final AtomicInteger serverErrors = new AtomicInteger();
    private final AtomicInteger gatewayErrors = new AtomicInteger();
    private final AtomicInteger localErrors = new AtomicInteger();
    final Rate external = new Rate();
    final Rate local = new Rate();

    /// Times ejected ever.
    int ejections;

    /// What the base ejection time is multiplied by.
    int backoff;

    long ejectedAtNanos;
    long jitterNanos;
    long unejectedAtNanos;
    boolean everUnejected;

    OutlierMonitor(OutlierDetector detector, Host host) {
        this.detector = detector;
        this.host = host;
    }

    void report(UpstreamHost.HostResult result) {
        if (detector.config().splitLocalErrors()) {
            split(result);
        } else {
            joint(result);
        }
    }

    /// Everything is a status.
    private void joint(UpstreamHost.HostResult result) {
        switch (result) {
            case UpstreamHost.HostResult.Answered(int status) -> answered(judged(status));
            case UpstreamHost.HostResult.Timeout() -> answered(GATEWAY_TIMEOUT);
            case UpstreamHost.HostResult.ConnectFailed(),
                    UpstreamHost.HostResult.ConnectTimeout(),
                    UpstreamHost.HostResult.Reset() ->
                    answered(UNAVAILABLE);
            case UpstreamHost.HostResult.Connected() -> answered(OK);
        }
    }

    private void split(UpstreamHost.HostResult result) {
        switch (result) {
            case UpstreamHost.HostResult.Answered(int status) -> answered(judged(status));
            case UpstreamHost.HostResult.Timeout(),
                    UpstreamHost.HostResult.ConnectFailed(),
                    UpstreamHost.HostResult.ConnectTimeout(),
                    UpstreamHost.HostResult.Reset() ->
                    localError();
            case UpstreamHost.HostResult.Connected() -> localSuccess();
        }
    }

    /// A connection that requests are sent on was had.
    void connected() {
        if (detector.config().splitLocalErrors()) {
            localSuccess();
        }
    }

    private int judged(int status) {
        var errors = detector.config().errorStatuses();
        if (errors.isEmpty()) {
            return status;
        }
        return errors.contains(status) ? SERVER_ERROR : OK;
    }

    private void answered(int status) {
        external.total.increment();
        if (status < SERVER_ERROR || status >= 600) {
            external.success.increment();
            clear(serverErrors);
            clear(gatewayErrors);
            return;
        }
        var limits = detector.config().consecutive();
        if (status >= BAD_GATEWAY && status <= GATEWAY_TIMEOUT) {
            if (gatewayErrors.incrementAndGet() == limits.gatewayErrors()) {
                detector.onConsecutive(this, Ejection.CONSECUTIVE_GATEWAY_FAILURE);
            }
        } else {
            clear(gatewayErrors);
        }
        if (serverErrors.incrementAndGet() == limits.serverErrors()) {
            detector.onConsecutive(this, Ejection.CONSECUTIVE_5XX);
        }
    }

    private void localError() {
        local.total.increment();
        if (localErrors.incrementAndGet() == detector.config().consecutive().localErrors()) {
            detector.onConsecutive(this, Ejection.CONSECUTIVE_LOCAL_ORIGIN_FAILURE);
        }
    }

    private void localSuccess() {
        local.total.increment();
        local.success.increment();
        clear(localErrors);
    }

    /// Most hosts have no errors: no write then to memory that loops share.
    private static void clear(AtomicInteger counter) {
        if (counter.get() != 0) {
            counter.set(0);
        }
    }

    void reset(Ejection kind) {
        switch (kind) {
            case CONSECUTIVE_5XX -> serverErrors.set(0);
            case CONSECUTIVE_GATEWAY_FAILURE -> gatewayErrors.set(0);
            case CONSECUTIVE_LOCAL_ORIGIN_FAILURE -> localErrors.set(0);
            case SUCCESS_RATE,
                    SUCCESS_RATE_LOCAL_ORIGIN,
                    FAILURE_PERCENTAGE,
                    FAILURE_PERCENTAGE_LOCAL_ORIGIN -> {}
        }
    }

    void resetConsecutive() {
        serverErrors.set(0);
        gatewayErrors.set(0);
        localErrors.set(0);
    }

    /// Requests of the interval that runs, and of the one before, which is judged.
    static final class Rate {
        /// No rate could be had.
        static final double NONE = -1;

        final LongAdder success = new LongAdder();
        final LongAdder total = new LongAdder();
        private long lastSuccess;
        private long lastTotal;

        /// Percent, of the last interval that had enough requests; `NONE` else. For people.
        volatile double shown = NONE;

        void turn() {
            lastTotal = total.sumThenReset();
            lastSuccess = success.sumThenReset();
            shown = NONE;
        }

        long volume() {
            return lastTotal;
        }

        double percent() {
            return lastSuccess * 100.0 / lastTotal;
        }
    }
}
