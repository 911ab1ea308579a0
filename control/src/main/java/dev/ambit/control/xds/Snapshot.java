package dev.ambit.control.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.WaypointConfig;
import dev.ambit.mesh.proto.workload.Address;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/// Everything that a client can be sent at one moment: per type, name to resource in the order of
/// sending.
public record Snapshot(Map<String, SequencedMap<String, Versioned>> types) {
    public static final String CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
    public static final String ENDPOINT =
            "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
    public static final String LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener";
    public static final String SECRET =
            "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
    public static final String ADDRESS = "type.googleapis.com/istio.workload.Address";
    public static final String WORKLOAD = "type.googleapis.com/istio.workload.Workload";
    public static final String AUTHORIZATION = "type.googleapis.com/istio.security.Authorization";

    /// In the order in which one change is sent: what is referred to, before what refers to it.
    public static final List<String> TYPES =
            List.of(CLUSTER, ENDPOINT, LISTENER, SECRET, ADDRESS, WORKLOAD, AUTHORIZATION);

    private static final int VERSION_BYTES = 8;

    /// @param version the first 64 bits of the content's SHA-256: equal content, equal version, on
    ///   every replica and after every restart. istiod sends none for Authorization, so that its
    ///   clients are sent all of them at each reconnect
    public record Versioned(String version, Any resource) {}

    public static Snapshot empty() {
        return of(MeshModel.empty());
    }

    public static Snapshot of(MeshModel model) {
        var addresses = new TreeMap<String, Versioned>();
        var workloads = new TreeMap<String, Versioned>();
        var policies = new TreeMap<String, Versioned>();
        for (var workload : model.workloads()) {
            var wire = workload.wire();
            addresses.put(wire.getUid(), versioned(Address.newBuilder().setWorkload(wire).build()));
            workloads.put(wire.getUid(), versioned(wire));
        }
        for (var service : model.services()) {
            addresses.put(
                    service.key().toString(),
                    versioned(Address.newBuilder().setService(service.wire()).build()));
        }
        for (var policy : model.policies()) {
            policies.put(policy.name(), versioned(policy.wire()));
        }
        return new Snapshot(
                Map.of(
                        ADDRESS, Collections.unmodifiableSortedMap(addresses),
                        WORKLOAD, Collections.unmodifiableSortedMap(workloads),
                        AUTHORIZATION, Collections.unmodifiableSortedMap(policies)));
    }

    /// What a waypoint is sent.
    public static Snapshot of(WaypointConfig config, Map<String, Secret> secrets) {
        return new Snapshot(
                Map.of(
                        CLUSTER, versioned(config.clusters()),
                        ENDPOINT, versioned(config.endpoints()),
                        LISTENER, versioned(config.listeners()),
                        SECRET, versioned(new TreeMap<>(secrets)),
                        WORKLOAD, versioned(config.workloads())));
    }

    private static SequencedMap<String, Versioned> versioned(
            SequencedMap<String, ? extends Message> messages) {
        var versioned = new LinkedHashMap<String, Versioned>();
        messages.forEach((name, message) -> versioned.put(name, versioned(message)));
        return Collections.unmodifiableSequencedMap(versioned);
    }

    public SequencedMap<String, Versioned> of(String type) {
        return types.getOrDefault(type, Collections.emptySortedMap());
    }

    /// What can be asked for.
    public List<String> served() {
        return TYPES.stream().filter(types::containsKey).toList();
    }

    /// How many resources of `ADDRESS` and `AUTHORIZATION` differ between the two.
    public static int changes(Snapshot before, Snapshot after) {
        int changes = 0;
        for (var type : new String[] {ADDRESS, AUTHORIZATION}) {
            var old = before.of(type);
            var young = after.of(type);
            for (var entry : young.entrySet()) {
                changes += entry.getValue().equals(old.get(entry.getKey())) ? 0 : 1;
            }
            for (var name : old.keySet()) {
                changes += young.containsKey(name) ? 0 : 1;
            }
        }
        return changes;
    }

    private static Versioned versioned(Message message) {
        var any = Protos.any(message);
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(any.getValue().asReadOnlyByteBuffer());
            return new Versioned(HexFormat.of().formatHex(digest.digest(), 0, VERSION_BYTES), any);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JVM has it", impossible);
        }
    }
}
