package dev.ambit.waypoint.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.ambit.process.admin.Answer;
import dev.ambit.process.admin.Ask;
import dev.ambit.waypoint.upstream.BreakerConfig;
import dev.ambit.waypoint.upstream.ClusterStatus;
import dev.ambit.waypoint.upstream.ClusterStatus.HostStatus;
import dev.ambit.waypoint.upstream.Endpoint;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/// `/clusters`: hosts with their health and counters, as Envoy lists its own.
final class ClustersPage implements Function<Ask, Answer> {
    /// How Envoy names a listener inside itself, and then the address behind it.
    private static final String INTERNAL = "envoy://";

    private final Supplier<List<ClusterStatus>> clusters;

    ClustersPage(Supplier<List<ClusterStatus>> clusters) {
        this.clusters = clusters;
    }

    @Override
    public Answer apply(Ask ask) {
        boolean json = ask.parameter("format").filter("json"::equals).isPresent();
        return json
                ? Answer.of(
                        200,
                        "application/json",
                        json(clusters.get()).getBytes(StandardCharsets.UTF_8))
                : Answer.text(200, text(clusters.get()));
    }

    // ---- text

    static String text(List<ClusterStatus> clusters) {
        var out = new StringBuilder();
        for (var cluster : clusters) {
            var name = cluster.facts().name();
            line(out, name, "observability_name", cluster.facts().statName());
            breakers(out, name, cluster.limits());
            line(out, name, "added_via_api", true);
            for (var host : cluster.hosts()) {
                host(out, name + "::" + host.address(), host);
            }
        }
        return out.toString();
    }

    private static void breakers(StringBuilder out, String name, BreakerConfig limits) {
        var where = name + "::default_priority";
        line(out, where, "max_connections", limits.maxConnections());
        line(out, where, "max_pending_requests", limits.maxPending());
        line(out, where, "max_requests", limits.maxRequests());
        line(out, where, "max_retries", limits.maxRetries());
    }

    private static void host(StringBuilder out, String where, HostStatus host) {
        line(out, where, "cx_active", host.activeConnections());
        line(out, where, "cx_connect_fail", host.connectFailures());
        line(out, where, "cx_total", host.connections());
        line(out, where, "rq_active", host.activeRequests());
        line(out, where, "rq_error", host.errors());
        line(out, where, "rq_success", host.successes());
        line(out, where, "rq_timeout", host.timeouts());
        line(out, where, "rq_total", host.requests());
        line(out, where, "hostname", host.hostname());
        line(out, where, "health_flags", flags(host));
        line(out, where, "weight", host.weight());
        line(out, where, "region", host.locality().region());
        line(out, where, "zone", host.locality().zone());
        line(out, where, "sub_zone", host.locality().subZone());
        line(out, where, "canary", false);
        line(out, where, "priority", host.priority());
        line(out, where, "success_rate", rate(host.successRate()));
        line(out, where, "local_origin_success_rate", rate(host.localSuccessRate()));
    }

    private static void line(StringBuilder out, String where, String name, Object value) {
        out.append(where).append("::").append(name).append("::").append(value).append('\n');
    }

    private static String flags(HostStatus host) {
        var flags = new StringBuilder();
        if (host.ejected()) {
            flags.append("/failed_outlier_check");
        }
        switch (host.configured()) {
            case UNHEALTHY -> flags.append("/failed_eds_health");
            case DEGRADED -> flags.append("/degraded_eds_health");
            case DRAINING -> flags.append("/eds_status_draining");
            case HEALTHY -> {
                // No flag.
            }
        }
        return flags.isEmpty() ? "healthy" : flags.toString();
    }

    private static String rate(double percent) {
        return percent == Math.rint(percent)
                ? Long.toString((long) percent)
                : Double.toString(percent);
    }

    // ---- json

    static String json(List<ClusterStatus> clusters) {
        var out = new StringWriter();
        try (var json = new JsonFactory().createGenerator(out)) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeArrayFieldStart("cluster_statuses");
            for (var cluster : clusters) {
                cluster(json, cluster);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new IllegalStateException("writing to memory", impossible);
        }
        return out.toString();
    }

    private static void cluster(JsonGenerator json, ClusterStatus cluster) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", cluster.facts().name());
        json.writeBooleanField("added_via_api", true);
        json.writeArrayFieldStart("host_statuses");
        for (var host : cluster.hosts()) {
            host(json, host);
        }
        json.writeEndArray();
        json.writeObjectFieldStart("circuit_breakers");
        json.writeArrayFieldStart("thresholds");
        json.writeStartObject();
        json.writeNumberField("max_connections", cluster.limits().maxConnections());
        json.writeNumberField("max_pending_requests", cluster.limits().maxPending());
        json.writeNumberField("max_requests", cluster.limits().maxRequests());
        json.writeNumberField("max_retries", cluster.limits().maxRetries());
        json.writeEndObject();
        json.writeEndArray();
        json.writeEndObject();
        json.writeStringField("observability_name", cluster.facts().statName());
        json.writeEndObject();
    }

    private static void host(JsonGenerator json, HostStatus host) throws IOException {
        json.writeStartObject();
        address(json, host.address());
        json.writeArrayFieldStart("stats");
        counter(json, "cx_connect_fail", host.connectFailures());
        counter(json, "cx_total", host.connections());
        counter(json, "rq_error", host.errors());
        counter(json, "rq_success", host.successes());
        counter(json, "rq_timeout", host.timeouts());
        counter(json, "rq_total", host.requests());
        gauge(json, "cx_active", host.activeConnections());
        gauge(json, "rq_active", host.activeRequests());
        json.writeEndArray();
        health(json, host);
        if (host.successRate() >= 0) {
            json.writeObjectFieldStart("success_rate");
            json.writeNumberField("value", host.successRate());
            json.writeEndObject();
        }
        json.writeNumberField("weight", host.weight());
        if (!host.hostname().isEmpty()) {
            json.writeStringField("hostname", host.hostname());
        }
        if (host.priority() > 0) {
            json.writeNumberField("priority", host.priority());
        }
        json.writeObjectFieldStart("locality");
        text(json, "region", host.locality().region());
        text(json, "zone", host.locality().zone());
        text(json, "sub_zone", host.locality().subZone());
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void text(JsonGenerator json, String name, String value) throws IOException {
        if (!value.isEmpty()) {
            json.writeStringField(name, value);
        }
    }

    private static void address(JsonGenerator json, String address) throws IOException {
        json.writeObjectFieldStart("address");
        if (address.startsWith(INTERNAL)) {
            var rest = address.substring(INTERNAL.length());
            int slash = rest.indexOf('/');
            json.writeObjectFieldStart("envoy_internal_address");
            json.writeStringField(
                    "server_listener_name", slash < 0 ? rest : rest.substring(0, slash));
            text(json, "endpoint_id", slash < 0 ? "" : rest.substring(slash + 1));
            json.writeEndObject();
        } else {
            int colon = address.lastIndexOf(':');
            json.writeObjectFieldStart("socket_address");
            json.writeStringField(
                    "address",
                    (colon < 0 ? address : address.substring(0, colon)).replaceAll("[\\[\\]]", ""));
            if (colon >= 0 && address.substring(colon + 1).matches("[0-9]{1,5}")) {
                json.writeNumberField(
                        "port_value", Integer.parseInt(address.substring(colon + 1)));
            }
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static void counter(JsonGenerator json, String name, long value) throws IOException {
        json.writeStartObject();
        if (value != 0) {
            json.writeStringField("value", Long.toString(value));
        }
        json.writeStringField("name", name);
        json.writeEndObject();
    }

    private static void gauge(JsonGenerator json, String name, long value) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", "GAUGE");
        if (value != 0) {
            json.writeStringField("value", Long.toString(value));
        }
        json.writeStringField("name", name);
        json.writeEndObject();
    }

    private static void health(JsonGenerator json, HostStatus host) throws IOException {
        json.writeObjectFieldStart("health_status");
        if (host.ejected()) {
            json.writeBooleanField("failed_outlier_check", true);
        }
        json.writeStringField("eds_health_status", edsHealth(host.configured()));
        json.writeEndObject();
    }

    private static String edsHealth(Endpoint.Health health) {
        return switch (health) {
            case HEALTHY -> "HEALTHY";
            case DEGRADED -> "DEGRADED";
            case UNHEALTHY -> "UNHEALTHY";
            case DRAINING -> "DRAINING";
        };
    }
}
