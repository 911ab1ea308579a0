package dev.ambit.waypoint.xds.telemetry;

import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.telemetry.TelemetryLimits;
import dev.ambit.waypoint.telemetry.export.Destination;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HttpService;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Collectors as the configuration names them.
final class Destinations {
    private static final String SCHEME = "://";

    private Destinations() {}

    /// @return empty for a service that can't be called here, which is told
    static Optional<Destination> grpc(
            CompileScope scope,
            String field,
            GrpcService service,
            String method,
            boolean streaming,
            TelemetryLimits limits) {
        if (!service.hasEnvoyGrpc()) {
            scope.skipped(field + ": grpc_service without envoy_grpc");
            return Optional.empty();
        }
        var metadata = new LinkedHashMap<String, String>();
        for (var each : service.getInitialMetadataList()) {
            metadata.put(Ascii.lower(each.getKey()), Ascii.octets(each.getValue()));
        }
        return Optional.of(
                new Destination.GrpcService(
                        service.getEnvoyGrpc().getClusterName(),
                        service.getEnvoyGrpc().getAuthority(),
                        method,
                        Map.copyOf(metadata),
                        timeout(service.hasTimeout(), service.getTimeout(), limits),
                        streaming));
    }

    static Destination http(HttpService service, String contentType, TelemetryLimits limits)
            throws Refused {
        var uri = service.getHttpUri();
        if (uri.getCluster().isEmpty()) {
            throw new Refused("http_uri.cluster", "nothing", "the name of a cluster");
        }
        var headers = new LinkedHashMap<String, String>();
        for (var each : service.getRequestHeadersToAddList()) {
            headers.put(
                    Ascii.lower(each.getHeader().getKey()),
                    Ascii.octets(each.getHeader().getValue()));
        }
        return new Destination.Http(
                uri.getCluster(),
                host(uri.getUri(), uri.getCluster()),
                path(uri.getUri()),
                contentType,
                Map.copyOf(headers),
                timeout(uri.hasTimeout(), uri.getTimeout(), limits));
    }

    private static Duration timeout(
            boolean set, com.google.protobuf.Duration timeout, TelemetryLimits limits) {
        var given = Plain.duration(timeout);
        return set && !given.isZero() && !given.isNegative() ? given : limits.exportTimeout();
    }

    /// Of `scheme://host/path`, or `host/path`.
    private static String host(String uri, String otherwise) {
        int from = from(uri);
        int slash = uri.indexOf('/', from);
        var host = uri.substring(from, slash < 0 ? uri.length() : slash);
        return host.isEmpty() ? otherwise : host;
    }

    private static String path(String uri) {
        int slash = uri.indexOf('/', from(uri));
        return slash < 0 ? "/" : uri.substring(slash);
    }

    private static int from(String uri) {
        int scheme = uri.indexOf(SCHEME);
        return scheme < 0 ? 0 : scheme + SCHEME.length();
    }
}
