package dev.ambit.waypoint.upstream;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.ambit.waypoint.upstream.ClusterStatus.HostStatus;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;

/// `/clusters`, as text and as JSON, as Envoy's admin prints them (`envoy.admin.v3.Clusters`), so
/// that `istioctl proxy-config endpoints` reads it.
public final class ClusterPages {
    private static final JsonFactory JSON = new JsonFactory();

    /// What Envoy says of the priority that istiod never configures.
    private static final BreakerConfig HIGH = BreakerConfig.DEFAULTS;

    private static final String INTERNAL = "envoy://";

    private ClusterPages() {}

    public static String text(List<ClusterStatus> clusters) {
        var out = new StringBuilder();
        for (var cluster : clusters) {
            text(out, cluster);
        }
        return out.toString();
    }

    private static void text(StringBuilder out, ClusterStatus cluster) {
        var name = cluster.facts().name();
        line(out, name, "observability_name", cluster.facts().statName());
        cluster.outlier()
                .ifPresent(o -> {
                    line(out, name, "outlier::success_rate_average", rate(o.successRateMean()));
                    line(
                            out,
                            name,
                            "outlier::success_rate_ejection_threshold",
                            rate(o.successRateThreshold()));
                    line(
                            out,
                            name,
                            "outlier::local_origin_success_rate_average",
                            rate(o.localSuccessRateMean()));
                    line(
                            out,
                            name,
                            "outlier::local_origin_success_rate_ejection_threshold",
                            rate(o.localSuccessRateThreshold()));
                });
        limits(out, name, "default_priority", cluster.limits());
        limits(out, name, "high_priority", HIGH);
        line(out, name, "added_via_api", "true");
        if (!cluster.edsServiceName().isEmpty()) {
            line(out, name, "eds_service_name", cluster.edsServiceName());
        }
        for (var host : cluster.hosts()) {
            host(out, name + "::" + host.address(), host);
        }
    }

    private static void limits(
            StringBuilder out, String name, String priority, BreakerConfig limits) {
        line(out, name, priority + "::max_connections", Long.toString(limits.maxConnections()));
        line(out, name, priority + "::max_pending_requests", Long.toString(limits.maxPending()));
        line(out, name, priority + "::max_requests", Long.toString(limits.maxRequests()));
        line(out, name, priority + "::max_retries", Long.toString(limits.maxRetries()));
    }

    private static void host(StringBuilder out, String name, HostStatus host) {
        line(out, name, "cx_active", host.activeConnections());
        line(out, name, "cx_connect_fail", host.connectFailures());
        line(out, name, "cx_total", host.connections());
        line(out, name, "rq_active", host.activeRequests());
        line(out, name, "rq_error", host.errors());
        line(out, name, "rq_pending_active", host.pendingRequests());
        line(out, name, "rq_success", host.successes());
        line(out, name, "rq_timeout", host.timeouts());
        line(out, name, "rq_total", host.requests());
        line(out, name, "hostname", host.hostname());
        line(out, name, "health_flags", flags(host));
        line(out, name, "weight", host.weight());
        line(out, name, "region", host.locality().region());
        line(out, name, "zone", host.locality().zone());
        line(out, name, "sub_zone", host.locality().subZone());
        line(out, name, "canary", "false");
        line(out, name, "priority", host.priority());
        line(out, name, "success_rate", rate(host.successRate()));
        line(out, name, "local_origin_success_rate", rate(host.localSuccessRate()));
    }

    /// `healthy`, or each flag behind a slash.
    static String flags(HostStatus host) {
        var flags =
                (host.ejected() ? "/failed_outlier_check" : "")
                        + switch (host.configured()) {
                            case HEALTHY -> "";
                            case UNHEALTHY -> "/failed_eds_health";
                            case DEGRADED -> "/degraded_eds_health";
                            case DRAINING -> "/eds_status_draining";
                        };
        return flags.isEmpty() ? "healthy" : flags;
    }

    private static void line(StringBuilder out, String name, String key, long value) {
        line(out, name, key, Long.toString(value));
    }

    private static void line(StringBuilder out, String name, String key, String value) {
        out.append(name).append("::").append(key).append("::").append(value).append('\n');
    }

    /// As C's `%g`: six digits, no zeros at the end.
    private static String rate(double value) {
        if (value == Math.rint(value)) {
            return Long.toString((long) value);
        }
        var text = String.format(Locale.ROOT, "%.6g", value);
        return text.replaceFirst("0+$", "").replaceFirst("\\.$", "");
    }

    public static String json(List<ClusterStatus> clusters) {
        var text = new StringWriter();
        try (var out = JSON.createGenerator(text)) {
            out.useDefaultPrettyPrinter();
            out.writeStartObject();
            out.writeArrayFieldStart("cluster_statuses");
            for (var cluster : clusters) {
                json(out, cluster);
            }
            out.writeEndArray();
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a string can be written to", e);
        }
        return text.toString();
    }

    private static void json(JsonGenerator out, ClusterStatus cluster) throws IOException {
        out.writeStartObject();
        out.writeStringField("name", cluster.facts().name());
        out.writeBooleanField("added_via_api", true);
        if (cluster.outlier().isPresent()) {
            percent(
                    out,
                    "success_rate_ejection_threshold",
                    cluster.outlier().get().successRateThreshold(),
                    false);
        }
        if (!cluster.hosts().isEmpty()) {
            out.writeArrayFieldStart("host_statuses");
            for (var host : cluster.hosts()) {
                json(out, host);
            }
            out.writeEndArray();
        }
        if (cluster.outlier().isPresent()) {
            percent(
                    out,
                    "local_origin_success_rate_ejection_threshold",
                    cluster.outlier().get().localSuccessRateThreshold(),
                    false);
        }
        out.writeObjectFieldStart("circuit_breakers");
        out.writeArrayFieldStart("thresholds");
        thresholds(out, "", cluster.limits());
        thresholds(out, "HIGH", HIGH);
        out.writeEndArray();
        out.writeEndObject();
        out.writeStringField("observability_name", cluster.facts().statName());
        if (!cluster.edsServiceName().isEmpty()) {
            out.writeStringField("eds_service_name", cluster.edsServiceName());
        }
        out.writeEndObject();
    }

    private static void thresholds(JsonGenerator out, String priority, BreakerConfig limits)
            throws IOException {
        out.writeStartObject();
        if (!priority.isEmpty()) {
            out.writeStringField("priority", priority);
        }
        out.writeNumberField("max_connections", limits.maxConnections());
        out.writeNumberField("max_pending_requests", limits.maxPending());
        out.writeNumberField("max_requests", limits.maxRequests());
        out.writeNumberField("max_retries", limits.maxRetries());
        out.writeEndObject();
    }

    private static void json(JsonGenerator out, HostStatus host) throws IOException {
        out.writeStartObject();
        address(out, host.address());
        out.writeArrayFieldStart("stats");
        stat(out, "cx_connect_fail", host.connectFailures(), false);
        stat(out, "cx_total", host.connections(), false);
        stat(out, "rq_error", host.errors(), false);
        stat(out, "rq_success", host.successes(), false);
        stat(out, "rq_timeout", host.timeouts(), false);
        stat(out, "rq_total", host.requests(), false);
        stat(out, "cx_active", host.activeConnections(), true);
        stat(out, "rq_active", host.activeRequests(), true);
        stat(out, "rq_pending_active", host.pendingRequests(), true);
        out.writeEndArray();
        out.writeObjectFieldStart("health_status");
        if (host.ejected()) {
            out.writeBooleanField("failed_outlier_check", true);
        }
        out.writeStringField("eds_health_status", host.configured().name());
        out.writeEndObject();
        percent(out, "success_rate", host.successRate(), true);
        out.writeNumberField("weight", host.weight());
        if (!host.hostname().isEmpty()) {
            out.writeStringField("hostname", host.hostname());
        }
        if (host.priority() > 0) {
            out.writeNumberField("priority", host.priority());
        }
        percent(out, "local_origin_success_rate", host.localSuccessRate(), true);
        locality(out, host.locality());
        out.writeEndObject();
    }

    private static void locality(JsonGenerator out, Locality locality) throws IOException {
        out.writeObjectFieldStart("locality");
        if (!locality.region().isEmpty()) {
            out.writeStringField("region", locality.region());
        }
        if (!locality.zone().isEmpty()) {
            out.writeStringField("zone", locality.zone());
        }
        if (!locality.subZone().isEmpty()) {
            out.writeStringField("sub_zone", locality.subZone());
        }
        out.writeEndObject();
    }

    private static void address(JsonGenerator out, String address) throws IOException {
        out.writeObjectFieldStart("address");
        if (address.startsWith(INTERNAL)) {
            int slash = address.indexOf('/', INTERNAL.length());
            out.writeObjectFieldStart("envoy_internal_address");
            out.writeStringField(
                    "server_listener_name", address.substring(INTERNAL.length(), slash));
            if (slash + 1 < address.length()) {
                out.writeStringField("endpoint_id", address.substring(slash + 1));
            }
        } else {
            out.writeObjectFieldStart("socket_address");
            var socket = HostPort.parse(address, 0);
            out.writeStringField("address", socket == null ? address : socket.host());
            out.writeNumberField("port_value", socket == null ? 0 : socket.port());
        }
        out.writeEndObject();
        out.writeEndObject();
    }

    private static void stat(JsonGenerator out, String name, long value, boolean gauge)
            throws IOException {
        out.writeStartObject();
        if (gauge) {
            out.writeStringField("type", "GAUGE");
        }
        if (value != 0) {
            out.writeStringField("value", Long.toString(value));
        }
        out.writeStringField("name", name);
        out.writeEndObject();
    }

    /// @param zero whether 0 is printed: it is a rate, but no threshold
    private static void percent(JsonGenerator out, String name, double value, boolean zero)
            throws IOException {
        if (value > 0 || zero && value == 0) {
            out.writeObjectFieldStart(name);
            out.writeNumberField("value", value);
            out.writeEndObject();
        }
    }
}
