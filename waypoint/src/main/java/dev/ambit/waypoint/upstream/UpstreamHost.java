package dev.ambit.waypoint.upstream;

/// An endpoint of a cluster: its health, load and statistics, shared by all loops.
public interface UpstreamHost {
    /// As `%UPSTREAM_HOST%` prints it: `10.0.0.1:8080`, or
    /// `envoy://connect_originate/10.0.0.1:8080` for one behind a tunnel.
    String address();

    /// The name it was resolved from; empty for none.
    String hostname();

    /// Of its endpoint group, from 0.
    int priority();

    /// `ip` of the workload, or empty: the key for what telemetry knows about it.
    String workloadAddress();

    /// A request ended so: feeds outlier detection and slow start.
    void report(HostResult result);

    sealed interface HostResult {
        /// @param status of HTTP, or what a gRPC status maps to
        record Answered(int status) implements HostResult {}

        /// The connection could not be made.
        record ConnectFailed() implements HostResult {}

        record ConnectTimeout() implements HostResult {}

        /// No answer in time, once connected.
        record Timeout() implements HostResult {}

        /// It reset, or the connection was lost before an answer.
        record Reset() implements HostResult {}

        /// A connection for bytes was made.
        record Connected() implements HostResult {}
    }
}
