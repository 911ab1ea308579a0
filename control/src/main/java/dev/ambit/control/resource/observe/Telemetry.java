package dev.ambit.control.resource.observe;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.TargetRef;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What is told of traffic. A waypoint counts as a server: what is for clients alone is not for it.
///
/// @param selector of the pods that it is for, which never selects a waypoint; empty with targets,
///   or for a whole namespace
public record Telemetry(
        Meta meta,
        Optional<Map<String, String>> selector,
        List<TargetRef> targets,
        List<Tracing> tracing,
        List<Metrics> metrics,
        List<AccessLogging> accessLogging)
        implements Resource {

    public Telemetry {
        targets = List.copyOf(targets);
        tracing = List.copyOf(tracing);
        metrics = List.copyOf(metrics);
        accessLogging = List.copyOf(accessLogging);
    }

    /// An empty selector is none.
    public boolean namespaceWide() {
        return targets.isEmpty() && selector.map(Map::isEmpty).orElse(true);
    }

    public enum Mode {
        CLIENT_AND_SERVER,
        CLIENT,
        SERVER;

        public boolean server() {
            return this != CLIENT;
        }
    }

    /// @param customTags empty: those of an outer scope stay
    /// @param sampling percent of the requests
    public record Tracing(
            Mode mode,
            List<String> providers,
            Optional<Double> sampling,
            Optional<Boolean> disableSpans,
            Map<String, ProxyDefaults.Tag> customTags,
            Optional<Boolean> useRequestId,
            Optional<Boolean> istioTags,
            Optional<Boolean> disablePropagation) {
        public Tracing {
            providers = List.copyOf(providers);
            customTags = Map.copyOf(customTags);
        }
    }

    public record Metrics(
            List<String> providers,
            List<MetricOverride> overrides,
            Optional<Duration> reportingInterval) {
        public Metrics {
            providers = List.copyOf(providers);
            overrides = List.copyOf(overrides);
        }
    }

    /// @param metric one of {@link #METRICS}, or a custom one's name; empty: all
    public record MetricOverride(
            Optional<String> metric,
            Mode mode,
            Optional<Boolean> disabled,
            Map<String, TagChange> tags) {
        public MetricOverride {
            tags = Map.copyOf(tags);
        }
    }

    public sealed interface TagChange {
        /// @param expression CEL
        record Set(String expression) implements TagChange {}

        record Remove() implements TagChange {}
    }

    /// @param filter CEL: only what it is true for is logged
    public record AccessLogging(
            Mode mode,
            List<String> providers,
            Optional<Boolean> disabled,
            Optional<String> filter) {
        public AccessLogging {
            providers = List.copyOf(providers);
        }
    }

    /// Names of Istio's metrics in the API, by which each is called in Prometheus (without
    /// `istio_`).
    public static final Map<String, String> METRICS =
            Map.of(
                    "REQUEST_COUNT", "requests_total",
                    "REQUEST_DURATION", "request_duration_milliseconds",
                    "REQUEST_SIZE", "request_bytes",
                    "RESPONSE_SIZE", "response_bytes",
                    "TCP_OPENED_CONNECTIONS", "tcp_connections_opened_total",
                    "TCP_CLOSED_CONNECTIONS", "tcp_connections_closed_total",
                    "TCP_SENT_BYTES", "tcp_sent_bytes_total",
                    "TCP_RECEIVED_BYTES", "tcp_received_bytes_total",
                    "GRPC_REQUEST_MESSAGES", "request_messages_total",
                    "GRPC_RESPONSE_MESSAGES", "response_messages_total");
}
