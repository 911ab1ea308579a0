package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.pool.Breakers;
import dev.ambit.waypoint.pool.TransportConfig;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// A host of a cluster. It keeps its identity, health and statistics for as long as its address is
/// in the cluster, whatever else changes about it.
final class Host implements UpstreamHost {
    private final String address;
    private volatile Endpoint endpoint;
    private volatile Locality locality;
    private volatile int priority;
    private volatile TransportConfig transport;
    private final CircuitBreakers breakers;
    private volatile @Nullable OutlierMonitor outlier;
    private volatile boolean ejected;

    /// Monotonic; since when it is there and healthy. 0 while it has never been.
    private volatile long healthySinceNanos;

    private final AtomicInteger activeRequests = new AtomicInteger();
    private final AtomicInteger pendingRequests = new AtomicInteger();
    private final AtomicInteger activeConnections = new AtomicInteger();
    final LongAdder connections = new LongAdder();
    final LongAdder connectFailures = new LongAdder();
    final LongAdder requests = new LongAdder();
    final LongAdder successes = new LongAdder();
    final LongAdder errors = new LongAdder();
    final LongAdder timeouts = new LongAdder();

    private final Breakers httpBreakers = new HostBreakers(false);
    private final Breakers byteBreakers = new HostBreakers(true);

    /// Connections' keys of each loop; a slot is touched by its loop alone.
    final @Nullable HostKeys[] keys;

    Host(Endpoint endpoint, CircuitBreakers breakers, TransportConfig transport, int loops) {
        this.address = endpoint.address();
        this.endpoint = endpoint;
        this.locality = Locality.UNKNOWN;
        this.breakers = breakers;
        this.transport = transport;
        this.keys = new HostKeys[loops];
    }

    void update(
            Endpoint newEndpoint,
            Locality newLocality,
            int newPriority,
            TransportConfig newTransport) {
        endpoint = newEndpoint;
        locality = newLocality;
        priority = newPriority;
        transport = newTransport;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public String hostname() {
        return endpoint.hostname();
    }

    @Override
    public int priority() {
        return priority;
    }

    @Override
    public String workloadAddress() {
        return endpoint.workloadAddress();
    }

    Endpoint endpoint() {
        return endpoint;
    }

    Locality locality() {
        return locality;
    }

    TransportConfig transport() {
        return transport;
    }

    int weight() {
        return endpoint.weight();
    }

    String hashKey(boolean byHostname) {
        return byHostname && !endpoint.hostname().isEmpty()
                ? endpoint.hostname()
                : endpoint.hashKey();
    }

    boolean ejected() {
        return ejected;
    }

    void ejected(boolean value) {
        ejected = value;
    }

    /// As Envoy's coarse health: an ejected host is not healthy, whatever the control plane says.
    Endpoint.Health health() {
        return ejected ? Endpoint.Health.UNHEALTHY : endpoint.health();
    }

    long healthySinceNanos() {
        return healthySinceNanos;
    }

    void healthySinceNanos(long value) {
        healthySinceNanos = value;
    }

    @Nullable OutlierMonitor outlier() {
        return outlier;
    }

    void outlier(@Nullable OutlierMonitor value) {
        outlier = value;
    }

    CircuitBreakers breakers() {
        return breakers;
    }

    int activeRequests() {
        return activeRequests.get();
    }

    int pendingRequests() {
        return pendingRequests.get();
    }

    int activeConnections() {
        return activeConnections.get();
    }

    void requestStarted() {
        requests.increment();
        activeRequests.incrementAndGet();
    }

    void requestEnded() {
        activeRequests.decrementAndGet();
    }

    Breakers breakersForRequests() {
        return httpBreakers;
    }

    /// A connection for bytes counts as a request too: balancers look at requests.
    Breakers breakersForBytes() {
        return byteBreakers;
    }

    @Override
    public void report(HostResult result) {
        switch (result) {
            case HostResult.Answered(int status) ->
                    (status >= 500 ? errors : successes).increment();
            case HostResult.Timeout() -> {
                timeouts.increment();
                errors.increment();
            }
            case HostResult.ConnectFailed(), HostResult.ConnectTimeout(), HostResult.Reset() ->
                    errors.increment();
            case HostResult.Connected() -> successes.increment();
        }
        var monitor = outlier;
        if (monitor != null) {
            monitor.report(result);
        }
    }

    @Override
    public String toString() {
        return address;
    }

    private final class HostBreakers implements Breakers {
        private final boolean bytes;

        HostBreakers(boolean bytes) {
            this.bytes = bytes;
        }

        @Override
        public boolean tryConnection() {
            return breakers.tryConnection();
        }

        @Override
        public void connectionOpened() {
            connections.increment();
            activeConnections.incrementAndGet();
            breakers.connectionOpened();
            if (bytes) {
                requestStarted();
            }
        }

        @Override
        public void connectionClosed() {
            activeConnections.decrementAndGet();
            breakers.connectionClosed();
            if (bytes) {
                requestEnded();
            }
        }

        @Override
        public boolean tryPending() {
            if (!breakers.tryPending()) {
                return false;
            }
            pendingRequests.incrementAndGet();
            return true;
        }

        @Override
        public void pendingDone() {
            pendingRequests.decrementAndGet();
            breakers.pendingDone();
        }
    }
}
