package dev.ambit.control.xds;

import com.google.protobuf.Any;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import dev.ambit.control.compile.MeshModel;
import dev.ambit.mesh.proto.workload.Address;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Everything that can be asked for at one moment: per type, name to resource.
public record Snapshot(Map<String, SortedMap<String, Versioned>> types) {
    public static final String ADDRESS = "type.googleapis.com/istio.workload.Address";
    public static final String WORKLOAD = "type.googleapis.com/istio.workload.Workload";
    public static final String AUTHORIZATION = "type.googleapis.com/istio.security.Authorization";

    public static final List<String> TYPES = List.of(ADDRESS, WORKLOAD, AUTHORIZATION);

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

    public SortedMap<String, Versioned> of(String type) {
        return types.getOrDefault(type, Collections.emptySortedMap());
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
        var bytes = new byte[message.getSerializedSize()];
        try {
            var out = CodedOutputStream.newInstance(bytes);
            // Maps have no order of their own on the wire.
            out.useDeterministicSerialization();
            message.writeTo(out);
            var hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            var any =
                    Any.newBuilder()
                            .setTypeUrl(
                                    "type.googleapis.com/"
                                            + message.getDescriptorForType().getFullName())
                            .setValue(com.google.protobuf.ByteString.copyFrom(bytes))
                            .build();
            return new Versioned(HexFormat.of().formatHex(hash, 0, VERSION_BYTES), any);
        } catch (IOException | NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("in memory, with what every JVM has", impossible);
        }
    }
}
