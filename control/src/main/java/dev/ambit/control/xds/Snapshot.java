package dev.ambit.control.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.WaypointConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    public record Versioned(String version, Any resource) {
        static Versioned of(Message message) {
            var any = Protos.any(message);
            try {
                var digest = MessageDigest.getInstance("SHA-256");
                digest.update(any.getValue().asReadOnlyByteBuffer());
                return new Versioned(
                        HexFormat.of().formatHex(digest.digest(), 0, VERSION_BYTES), any);
            } catch (NoSuchAlgorithmException impossible) {
                throw new IllegalStateException("every JVM has it", impossible);
            }
        }
    }

    public static Snapshot empty() {
        return of(MeshModel.empty());
    }

    public static Snapshot of(MeshModel model) {
        return MeshSnapshot.of(model).snapshot();
    }

    /// What a waypoint is sent.
    public static Snapshot of(WaypointConfig config, Map<String, Secret> secrets) {
        return of(config, secrets, versioned(config.workloads(), Map.of(), Map.of()));
    }

    /// The same, with workloads that are versioned already.
    ///
    /// @param workloads those that every waypoint is told of
    public static Snapshot of(
            WaypointConfig config,
            Map<String, Secret> secrets,
            SequencedMap<String, Versioned> workloads) {
        return new Snapshot(
                Map.of(
                        CLUSTER, versioned(config.clusters(), Map.of(), Map.of()),
                        ENDPOINT, versioned(config.endpoints(), Map.of(), Map.of()),
                        LISTENER, versioned(config.listeners(), Map.of(), Map.of()),
                        SECRET, versioned(new TreeMap<>(secrets), Map.of(), Map.of()),
                        WORKLOAD, workloads));
    }

    /// The next one of a waypoint whose clusters and listeners have not changed.
    ///
    /// @param before what the endpoints of this one were: those that are kept, the same instances,
    ///   are not versioned again
    Snapshot next(
            SequencedMap<String, ClusterLoadAssignment> endpoints,
            SequencedMap<String, ClusterLoadAssignment> before,
            Map<String, Secret> secrets,
            SequencedMap<String, Versioned> workloads) {
        return new Snapshot(
                Map.of(
                        CLUSTER,
                        of(CLUSTER),
                        ENDPOINT,
                        endpoints.equals(before)
                                ? of(ENDPOINT)
                                : versioned(endpoints, before, of(ENDPOINT)),
                        LISTENER,
                        of(LISTENER),
                        SECRET,
                        versioned(new TreeMap<>(secrets), Map.of(), Map.of()),
                        WORKLOAD,
                        workloads));
    }

    @SuppressWarnings("ReferenceEquality") // a message that was kept; a deep look costs more
    private static SequencedMap<String, Versioned> versioned(
            SequencedMap<String, ? extends Message> messages,
            Map<String, ? extends Message> before,
            Map<String, Versioned> earlier) {
        var versioned = new LinkedHashMap<String, Versioned>();
        messages.forEach((name, message) -> {
            var known = before.get(name) == message ? earlier.get(name) : null;
            versioned.put(name, known == null ? Versioned.of(message) : known);
        });
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
        return changes(before.of(ADDRESS), after.of(ADDRESS))
                + changes(before.of(AUTHORIZATION), after.of(AUTHORIZATION));
    }

    /// Side by side, as both are in the order of names: a look-up of each is slow with many.
    private static int changes(Map<String, Versioned> before, Map<String, Versioned> after) {
        var left = before.entrySet().iterator();
        var right = after.entrySet().iterator();
        var old = next(left);
        var young = next(right);
        int changes = 0;
        while (old.isPresent() || young.isPresent()) {
            int order = order(old, young);
            boolean same =
                    order == 0
                            && old.orElseThrow().getValue().equals(young.orElseThrow().getValue());
            changes += same ? 0 : 1;
            old = order <= 0 ? next(left) : old;
            young = order >= 0 ? next(right) : young;
        }
        return changes;
    }

    private static <T> Optional<T> next(Iterator<T> iterator) {
        return iterator.hasNext() ? Optional.of(iterator.next()) : Optional.empty();
    }

    private static int order(
            Optional<Map.Entry<String, Versioned>> one,
            Optional<Map.Entry<String, Versioned>> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.isEmpty() ? 1 : -1;
        }
        var left = one.get().getKey();
        var right = other.get().getKey();
        return left.equals(right) ? 0 : left.compareTo(right);
    }
}
