package dev.ambit.control.l7.cluster;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.Meta;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.util.HashMap;
import java.util.Map;

/// What a cluster says of itself: which service it is of, for metrics, and by which rule it is as
/// it is, for people.
final class ClusterMetadata {
    static final String ISTIO = "istio";
    static final String PEER = "istio.peer_metadata";
    static final String ORIGINAL_DST = "envoy.filters.listener.original_dst";

    private static final String RULES =
            "/apis/networking.istio.io/v1/namespaces/%s/destination-rule/%s";

    private final Map<String, Struct.Builder> parts = new HashMap<>();

    void service(MeshService service) {
        var named =
                Struct.newBuilder()
                        .putFields("host", text(service.hostname()))
                        .putFields("name", text(service.name()))
                        .putFields("namespace", text(service.namespace()));
        put(
                "services",
                Value.newBuilder()
                        .setListValue(
                                ListValue.newBuilder()
                                        .addValues(Value.newBuilder().setStructValue(named)))
                        .build());
    }

    void rule(Meta rule) {
        put("config", text(RULES.formatted(rule.namespace(), rule.name())));
    }

    void subset(String name) {
        put("subset", text(name));
    }

    void flag(String name) {
        put(name, Value.newBuilder().setBoolValue(true).build());
    }

    /// The peer gets what the user's TLS negotiates, not what the mesh would.
    void keepAlpn() {
        put("alpn_override", text("false"));
    }

    /// The far end does not answer with baggage: something else is spoken inside the tunnel.
    void noBaggage() {
        part(PEER)
                .putFields(
                        "disable_baggage_discovery", Value.newBuilder().setBoolValue(true).build());
    }

    private void put(String name, Value value) {
        part(ISTIO).putFields(name, value);
    }

    private Struct.Builder part(String name) {
        return parts.computeIfAbsent(name, n -> Struct.newBuilder());
    }

    private static Value text(String value) {
        return Value.newBuilder().setStringValue(value).build();
    }

    void writeTo(Cluster.Builder cluster) {
        parts.forEach(
                (name, part) -> cluster.getMetadataBuilder().putFilterMetadata(name, part.build()));
    }
}
