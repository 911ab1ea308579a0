package dev.ambit.waypoint.telemetry.metrics;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.PeerMetadata;
import dev.ambit.waypoint.upstream.ClusterFacts;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Istio's labels of an exchange, in Istio's order.
final class StandardLabels {
    static final Set<String> NAMES =
            Set.of(
                    "reporter",
                    "source_workload",
                    "source_canonical_service",
                    "source_canonical_revision",
                    "source_workload_namespace",
                    "source_principal",
                    "source_app",
                    "source_version",
                    "source_cluster",
                    "destination_workload",
                    "destination_workload_namespace",
                    "destination_principal",
                    "destination_app",
                    "destination_version",
                    "destination_service",
                    "destination_canonical_service",
                    "destination_canonical_revision",
                    "destination_service_name",
                    "destination_service_namespace",
                    "destination_cluster",
                    "request_protocol",
                    "response_code",
                    "grpc_response_status",
                    "response_flags",
                    "connection_security_policy");

    private static final String UNKNOWN = "unknown";
    private static final String NAMESPACE = "/ns/";
    private static final Set<String> LITERAL_CLUSTERS =
            Set.of(
                    "BlackHoleCluster",
                    "PassthroughCluster",
                    "InboundPassthroughCluster",
                    "InboundPassthroughClusterIpv4",
                    "InboundPassthroughClusterIpv6");

    private StandardLabels() {}

    /// What is spoken, as `request_protocol`.
    enum Protocol {
        HTTP("http"),
        GRPC("grpc"),
        TCP("tcp"),
        /// Of gRPC messages, which are counted before an answer is known: they have no labels after
        /// `destination_cluster`.
        NONE("");

        private final String text;

        Protocol(String text) {
            this.text = text;
        }
    }

    /// @param grpcStatus `Facts.NO_STATUS` for none
    static void each(
            StreamInfo info,
            Protocol protocol,
            int grpcStatus,
            boolean hostFallback,
            BiConsumer<String, String> to) {
        to.accept("reporter", "waypoint");
        source(info, to);
        destination(info, hostFallback, to);
        if (protocol == Protocol.NONE) {
            return;
        }
        to.accept("request_protocol", protocol.text);
        if (protocol != Protocol.TCP) {
            to.accept("response_code", Integer.toString(info.responseCode));
            to.accept(
                    "grpc_response_status",
                    protocol == Protocol.GRPC && grpcStatus != Facts.NO_STATUS
                            ? Integer.toString(grpcStatus)
                            : "");
        }
        to.accept("response_flags", Facts.flags(info));
        var connection = info.connection();
        boolean mutual =
                !connection.peerPrincipal().isEmpty() && !connection.localPrincipal().isEmpty();
        to.accept("connection_security_policy", mutual ? "mutual_tls" : "none");
    }

    private static void source(StreamInfo info, BiConsumer<String, String> to) {
        var peer = Facts.downstreamPeer(info);
        var principal = info.connection().peerPrincipal();
        to.accept("source_workload", field(peer, "workload"));
        to.accept("source_canonical_service", field(peer, "service"));
        var revision = field(peer, "revision");
        to.accept("source_canonical_revision", revision.equals(UNKNOWN) ? "latest" : revision);
        var proven = namespace(principal);
        to.accept(
                "source_workload_namespace", proven.isEmpty() ? field(peer, "namespace") : proven);
        to.accept("source_principal", orUnknown(principal));
        to.accept("source_app", field(peer, "app"));
        to.accept("source_version", field(peer, "version"));
        to.accept("source_cluster", field(peer, "cluster"));
    }

    private static void destination(
            StreamInfo info, boolean hostFallback, BiConsumer<String, String> to) {
        var peer = Facts.upstreamPeer(info);
        var service = service(info, hostFallback);
        to.accept("destination_workload", field(peer, "workload"));
        to.accept("destination_workload_namespace", field(peer, "namespace"));
        to.accept("destination_principal", field(peer, "identity"));
        to.accept("destination_app", field(peer, "app"));
        to.accept("destination_version", field(peer, "version"));
        to.accept("destination_service", orUnknown(service.host()));
        to.accept("destination_canonical_service", field(peer, "service"));
        to.accept("destination_canonical_revision", field(peer, "revision"));
        to.accept("destination_service_name", orUnknown(service.name()));
        to.accept("destination_service_namespace", orUnknown(service.namespace()));
        to.accept("destination_cluster", field(peer, "cluster"));
    }

    private static ClusterFacts.ServiceRef service(StreamInfo info, boolean hostFallback) {
        var host = "";
        if (hostFallback && info.request != null) {
            host = info.request.authority();
        }
        if (info.routeName.equals("block_all")) {
            return new ClusterFacts.ServiceRef(host, "BlackHoleCluster", "");
        }
        if (info.routeName.equals("allow_any")) {
            return new ClusterFacts.ServiceRef(host, "PassthroughCluster", "");
        }
        if (LITERAL_CLUSTERS.contains(info.clusterName)) {
            return new ClusterFacts.ServiceRef(host, info.clusterName, "");
        }
        if (info.cluster instanceof ClusterFacts facts && !facts.services().isEmpty()) {
            var service = facts.services().getFirst();
            if (!service.name().isEmpty()) {
                return service;
            }
            int dot = service.host().indexOf('.');
            return new ClusterFacts.ServiceRef(
                    service.host(),
                    dot < 0 ? service.host() : service.host().substring(0, dot),
                    service.namespace());
        }
        return new ClusterFacts.ServiceRef(host, host, "");
    }

    /// Of `spiffe://domain/ns/NAMESPACE/sa/account`; empty for none.
    private static String namespace(String principal) {
        int at = principal.indexOf(NAMESPACE);
        if (at < 0) {
            return "";
        }
        int from = at + NAMESPACE.length();
        int end = principal.indexOf('/', from);
        return end < 0 ? principal.substring(from) : principal.substring(from, end);
    }

    private static String field(@Nullable PeerMetadata peer, String name) {
        var value = peer == null ? null : peer.field(name);
        return value == null ? UNKNOWN : value;
    }

    private static String orUnknown(String value) {
        return value.isEmpty() ? UNKNOWN : value;
    }
}
