package dev.ambit.mesh.xds;

import dev.ambit.mesh.MeshLimits;
import io.grpc.Status;
import java.time.Duration;
import java.util.Locale;

/// What follows the end of a stream: how long to wait, and what the counter says. Pure.
///
/// @param reason of `istio_xds_connection_terminations_total`
/// @param pause before the next attempt
/// @param backoff from which the attempt after the next one, if it fails too, doubles
public record Reconnect(String reason, Duration pause, Duration backoff) {
    /// How a stream ended.
    public sealed interface End {
        /// Nothing was ever answered: no connection, or the call was refused.
        record NeverWorked() implements End {}

        /// @param lasted from the connection to its end
        record Broken(Status status, Duration lasted) implements End {}

        /// The server closed it in order, or what arrived made no sense.
        record Finished() implements End {}
    }

    public static Reconnect after(End end, Duration backoff, MeshLimits limits) {
        return switch (end) {
            case End.NeverWorked() -> doubled("ConnectionError", backoff, limits);
            case End.Finished() -> first("Complete", limits);
            case End.Broken(var status, _) when isNormal(status) -> first("Reconnect", limits);
            // What held for long was no failing server: its trouble starts anew.
            case End.Broken(_, var lasted) when lasted.compareTo(limits.maxBackoff()) > 0 ->
                    doubled("Error", limits.firstBackoff(), limits);
            case End.Broken _ -> doubled("Error", backoff, limits);
        };
    }

    private static Reconnect first(String reason, MeshLimits limits) {
        return new Reconnect(reason, limits.firstBackoff(), limits.firstBackoff());
    }

    private static Reconnect doubled(String reason, Duration backoff, MeshLimits limits) {
        var next = backoff.multipliedBy(2);
        var pause = next.compareTo(limits.maxBackoff()) > 0 ? limits.maxBackoff() : next;
        return new Reconnect(reason, pause, pause);
    }

    /// Ends that are everyday life: an idle timeout on the way, a server that restarts or moves its
    /// clients on. The texts are those of Go's, Rust's and Java's gRPC.
    private static boolean isNormal(Status status) {
        return switch (status.getCode()) {
            case UNKNOWN, CANCELLED, DEADLINE_EXCEEDED -> true;
            case UNAVAILABLE -> {
                var text = String.valueOf(status.getDescription()).toLowerCase(Locale.ROOT);
                yield text.contains("transport is closing")
                        || text.contains("goaway")
                        || text.contains("going away")
                        || text.contains("connection closed")
                        || text.contains("network closed")
                        || isConnectionLost(status);
            }
            default -> false;
        };
    }

    private static boolean isConnectionLost(Status status) {
        return status.getCause() instanceof java.io.IOException;
    }
}
