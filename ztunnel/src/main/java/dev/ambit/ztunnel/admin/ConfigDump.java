package dev.ambit.ztunnel.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.model.Endpoint;
import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.ztunnel.admin.DumpSource.Certificate;
import dev.ambit.ztunnel.outbound.Addresses;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// `/config_dump`, in the shape that `istioctl ztunnel-config` reads.
final class ConfigDump {
    private final JsonGenerator json;

    private ConfigDump(JsonGenerator json) {
        this.json = json;
    }

    static String text(DumpSource source) {
        var out = new StringWriter();
        try (var json = new JsonFactory().createGenerator(out)) {
            json.setPrettyPrinter(new DefaultPrettyPrinter());
            new ConfigDump(json).dump(source);
        } catch (IOException impossible) {
            throw new IllegalStateException("writing to memory", impossible);
        }
        return out.append('\n').toString();
    }

    private void dump(DumpSource source) throws IOException {
        json.writeStartObject();
        certificates(source);
        json.writeFieldName("config");
        value(source.config());
        json.writeArrayFieldStart("policies");
        for (var policy : sorted(source.policies(), Policy::key)) {
            policy(policy);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("services");
        for (var service : sorted(source.services(), s -> s.key().hostname())) {
            service(service, source.endpoints(service.key()));
        }
        json.writeEndArray();
        stagedServices(source);
        staticConfig(source.staticConfig());
        json.writeFieldName("version");
        value(source.version());
        workloadState(source);
        json.writeArrayFieldStart("workloads");
        for (var workload : sorted(source.workloads(), Workload::uid)) {
            workload(workload);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static <T> List<T> sorted(
            java.util.Collection<T> all, java.util.function.Function<T, String> key) {
        return all.stream().sorted(Comparator.comparing(key)).toList();
    }

    /// Endpoints of services that are not known, yet or any more.
    private void stagedServices(DumpSource source) throws IOException {
        var known = new HashSet<ServiceKey>();
        source.services().forEach(service -> known.add(service.key()));
        var staged = new TreeMap<String, List<Endpoint>>();
        for (var workload : source.workloads()) {
            workload.services()
                    .forEach((key, ports) -> {
                        if (!known.contains(key)) {
                            staged.computeIfAbsent(key.toString(), _ -> new ArrayList<>())
                                    .add(new Endpoint(workload, ports));
                        }
                    });
        }
        json.writeObjectFieldStart("stagedServices");
        for (var entry : staged.entrySet()) {
            json.writeObjectFieldStart(entry.getKey());
            endpoints(entry.getValue());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /// As the file has it, in its order.
    private void staticConfig(DumpSource.StaticConfig local) throws IOException {
        json.writeObjectFieldStart("staticConfig");
        json.writeArrayFieldStart("policies");
        for (var policy : local.policies()) {
            policy(policy);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("services");
        for (var service : local.services()) {
            service(service, List.of());
        }
        json.writeEndArray();
        json.writeArrayFieldStart("workloads");
        for (var workload : local.workloads()) {
            json.writeStartObject();
            about(workload);
            json.writeObjectFieldStart("services");
            var byName = new TreeMap<String, Map<Integer, Integer>>();
            workload.services().forEach((key, ports) -> byName.put(key.toString(), ports));
            for (var service : byName.entrySet()) {
                ports(service.getKey(), service.getValue());
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void certificates(DumpSource source) throws IOException {
        json.writeArrayFieldStart("certificates");
        for (var identity : source.certificates()) {
            json.writeStartObject();
            json.writeArrayFieldStart("certChain");
            for (var certificate : identity.chain()) {
                certificate(certificate);
            }
            json.writeEndArray();
            json.writeStringField("identity", identity.identity());
            json.writeArrayFieldStart("rootCerts");
            for (var certificate : identity.roots()) {
                certificate(certificate);
            }
            json.writeEndArray();
            json.writeStringField("state", identity.state());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void certificate(Certificate certificate) throws IOException {
        json.writeStartObject();
        json.writeStringField(
                "expirationTime", certificate.until().truncatedTo(ChronoUnit.SECONDS).toString());
        json.writeStringField(
                "pem",
                Base64.getEncoder()
                        .encodeToString(certificate.pem().getBytes(StandardCharsets.UTF_8)));
        json.writeStringField("serialNumber", certificate.serialNumber().toString());
        json.writeStringField(
                "validFrom", certificate.from().truncatedTo(ChronoUnit.SECONDS).toString());
        json.writeEndObject();
    }

    private void workload(Workload w) throws IOException {
        json.writeStartObject();
        about(w);
        strings("services", w.services().keySet().stream().map(Object::toString).sorted().toList());
        json.writeEndObject();
    }

    /// All but its services.
    private void about(Workload w) throws IOException {
        json.writeArrayFieldStart("workloadIps");
        for (var address : w.addresses()) {
            json.writeString(NetUtil.toAddressString(address));
        }
        json.writeEndArray();
        if (w.waypoint().isPresent()) {
            gateway("waypoint", w.waypoint().get());
        }
        if (w.networkGateway().isPresent()) {
            gateway("networkGateway", w.networkGateway().get());
        }
        json.writeStringField("protocol", w.protocol().name());
        json.writeStringField(
                "networkMode",
                w.networkMode() == Workload.NetworkMode.STANDARD ? "Standard" : "HostNetwork");
        text("uid", w.uid());
        json.writeStringField("name", w.name());
        json.writeStringField("namespace", w.namespace());
        text("trustDomain", w.trustDomain());
        text("serviceAccount", w.serviceAccount());
        text("network", w.network());
        text("workloadName", w.workloadName());
        text("workloadType", w.workloadType().label());
        text("canonicalName", w.canonicalName());
        text("canonicalRevision", w.canonicalRevision());
        text("hostname", w.hostname());
        text("node", w.node());
        if (w.nativeTunnel()) {
            json.writeBooleanField("nativeTunnel", true);
        }
        if (w.applicationTunnel().isPresent()) {
            json.writeObjectFieldStart("applicationTunnel");
            json.writeStringField("protocol", w.applicationTunnel().get().protocol().name());
            json.writeNumberField("port", w.applicationTunnel().get().port());
            json.writeEndObject();
        }
        strings("authorizationPolicies", w.authorizationPolicies());
        json.writeStringField(
                "status", w.health() == Workload.Health.HEALTHY ? "Healthy" : "Unhealthy");
        json.writeStringField("clusterId", w.clusterId());
        if (!w.locality().equals(Workload.Locality.NONE)) {
            json.writeObjectFieldStart("locality");
            json.writeStringField("region", w.locality().region());
            json.writeStringField("subzone", w.locality().subzone());
            json.writeStringField("zone", w.locality().zone());
            json.writeEndObject();
        }
        json.writeNumberField("capacity", w.capacity());
    }

    private void gateway(String name, GatewayAddress gateway) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeStringField(
                "destination",
                switch (gateway.destination()) {
                    case GatewayAddress.Destination.ByHostname(var service) -> service.toString();
                    case GatewayAddress.Destination.ByAddress(var address) -> text(address);
                });
        json.writeNumberField("hboneMtlsPort", gateway.hbonePort());
        json.writeEndObject();
    }

    /// IPv6 in its short form (RFC 5952), as the reference has it.
    private static String text(NetworkAddress address) {
        return address.network() + "/" + NetUtil.toAddressString(address.address());
    }

    static String text(Cidr range) {
        return NetUtil.toAddressString(range.address()) + "/" + range.prefixLength();
    }

    private void text(String name, String value) throws IOException {
        if (!value.isEmpty()) {
            json.writeStringField(name, value);
        }
    }

    private void strings(String name, List<String> values) throws IOException {
        if (!values.isEmpty()) {
            json.writeArrayFieldStart(name);
            for (var value : values) {
                json.writeString(value);
            }
            json.writeEndArray();
        }
    }

    private void service(Service s, List<Endpoint> endpoints) throws IOException {
        json.writeStartObject();
        json.writeBooleanField("canonical", s.canonical());
        json.writeObjectFieldStart("endpoints");
        endpoints(endpoints);
        json.writeEndObject();
        json.writeStringField("hostname", s.key().hostname());
        ipFamilies(s.ipFamilies());
        if (s.loadBalancing().isPresent()) {
            loadBalancer(s.loadBalancing().get());
        }
        json.writeStringField("name", s.name());
        json.writeStringField("namespace", s.key().namespace());
        ports("ports", s.ports());
        json.writeArrayFieldStart("subjectAltNames");
        for (var san : s.subjectAltNames()) {
            json.writeString(san);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("vips");
        for (var vip : s.vips()) {
            json.writeString(text(vip));
        }
        json.writeEndArray();
        cidrVips(s.cidrVips());
        json.writeStringField(
                "visibility", s.visibility() == Service.Visibility.PUBLIC ? "Public" : "Namespace");
        if (s.waypoint().isPresent()) {
            gateway("waypoint", s.waypoint().get());
        }
        weightedWaypoints(s.weightedWaypoints());
        json.writeEndObject();
    }

    private void endpoints(List<Endpoint> all) throws IOException {
        for (var endpoint : sorted(all, e -> e.workload().uid())) {
            json.writeObjectFieldStart(endpoint.workload().uid());
            ports("port", endpoint.ports());
            json.writeStringField(
                    "status",
                    endpoint.workload().health() == Workload.Health.HEALTHY
                            ? "Healthy"
                            : "Unhealthy");
            json.writeStringField("workloadUid", endpoint.workload().uid());
            json.writeEndObject();
        }
    }

    private void weightedWaypoints(List<Service.WeightedWaypoint> all) throws IOException {
        if (all.isEmpty()) {
            return;
        }
        json.writeArrayFieldStart("weightedWaypoints");
        for (var waypoint : all) {
            json.writeStartObject();
            gateway("destination", waypoint.destination());
            json.writeNumberField("weight", waypoint.weight());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void cidrVips(List<Service.CidrVip> ranges) throws IOException {
        if (ranges.isEmpty()) {
            return;
        }
        json.writeArrayFieldStart("cidrVips");
        for (var vip : ranges) {
            json.writeStartObject();
            json.writeStringField("network", vip.network());
            json.writeStringField("cidr", text(vip.range()));
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void ipFamilies(Service.IpFamilies families) throws IOException {
        switch (families) {
            case AUTOMATIC -> {
                // The default is left out.
            }
            case IPV4_ONLY -> json.writeStringField("ipFamilies", "IPv4");
            case IPV6_ONLY -> json.writeStringField("ipFamilies", "IPv6");
            case DUAL -> json.writeStringField("ipFamilies", "Dual");
        }
    }

    private void loadBalancer(Service.LoadBalancing lb) throws IOException {
        json.writeObjectFieldStart("loadBalancer");
        json.writeStringField(
                "healthPolicy",
                lb.healthPolicy() == Service.LoadBalancing.HealthPolicy.ALLOW_ALL
                        ? "AllowAll"
                        : "OnlyHealthy");
        json.writeStringField(
                "mode",
                switch (lb.mode()) {
                    case UNSPECIFIED -> "Standard";
                    case STRICT -> "Strict";
                    case FAILOVER -> "Failover";
                    case PASSTHROUGH -> "Passthrough";
                });
        json.writeArrayFieldStart("routingPreferences");
        for (var scope : lb.routingPreference()) {
            json.writeString(capitalized(scope.name()));
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void ports(String name, Map<Integer, Integer> ports) throws IOException {
        json.writeObjectFieldStart(name);
        for (var port : new TreeMap<>(ports).entrySet()) {
            json.writeNumberField(port.getKey().toString(), port.getValue());
        }
        json.writeEndObject();
    }

    private void policy(Policy p) throws IOException {
        json.writeStartObject();
        json.writeStringField("action", capitalized(p.action().name()));
        json.writeBooleanField("dryRun", p.dryRun());
        json.writeStringField("name", p.name());
        json.writeStringField("namespace", p.namespace());
        json.writeArrayFieldStart("rules");
        for (var rule : p.rules()) {
            json.writeStartArray();
            for (var clause : rule.clauses()) {
                json.writeStartArray();
                for (var match : clause.matches()) {
                    new PolicyDump(json).match(match);
                }
                json.writeEndArray();
            }
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeStringField(
                "scope",
                switch (p.scope()) {
                    case GLOBAL -> "Global";
                    case NAMESPACE -> "Namespace";
                    case WORKLOAD_SELECTOR -> "WorkloadSelector";
                });
        json.writeEndObject();
    }

    private void workloadState(DumpSource source) throws IOException {
        json.writeObjectFieldStart("workloadState");
        for (var entry : new TreeMap<>(source.workloadState()).entrySet()) {
            var state = entry.getValue();
            json.writeObjectFieldStart(entry.getKey());
            json.writeObjectFieldStart("connections");
            connections("inbound", state.inbound());
            connections("outbound", state.outbound());
            json.writeEndObject();
            if (state.info().isPresent()) {
                var info = state.info().get();
                json.writeObjectFieldStart("info");
                json.writeStringField("name", info.name());
                json.writeStringField("namespace", info.namespace());
                json.writeStringField("serviceAccount", info.serviceAccount());
                json.writeEndObject();
            }
            json.writeStringField("state", state.state().label());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private void connections(String name, List<DumpSource.TrackedConnection> all)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (var connection : all) {
            json.writeStartObject();
            json.writeStringField("actualDst", Addresses.text(connection.actualDst()));
            optional("originalDst", connection.originalDst());
            json.writeStringField("protocol", connection.protocol().name());
            json.writeStringField("src", Addresses.text(connection.src()));
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void optional(String name, Optional<String> value) throws IOException {
        if (value.isPresent()) {
            json.writeStringField(name, value.get());
        } else {
            json.writeNullField(name);
        }
    }

    private void value(@Nullable Object value) throws IOException {
        switch (value) {
            case null -> json.writeNull();
            case Map<?, ?> map -> {
                json.writeStartObject();
                for (var entry : map.entrySet()) {
                    json.writeFieldName(String.valueOf(entry.getKey()));
                    value(entry.getValue());
                }
                json.writeEndObject();
            }
            case List<?> list -> {
                json.writeStartArray();
                for (var element : list) {
                    value(element);
                }
                json.writeEndArray();
            }
            case Number number -> json.writeNumber(number.toString());
            case Boolean flag -> json.writeBoolean(flag);
            default -> json.writeString(value.toString());
        }
    }

    static String capitalized(String constant) {
        return constant.charAt(0) + constant.substring(1).toLowerCase(java.util.Locale.ROOT);
    }
}
