package dev.ambit.control.compile;

import com.google.protobuf.ByteString;
import dev.ambit.control.resource.Addresses;
import dev.ambit.control.resource.MeshConfig;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Namespace;
import dev.ambit.control.resource.Node;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.mesh.proto.workload.Locality;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What every part of the compilation looks up.
record Surroundings(
        MeshConfig mesh,
        CompileSettings settings,
        Map<String, Namespace> namespaces,
        Map<String, Node> nodes) {

    private static final String DEFAULT_TRUST_DOMAIN = "cluster.local";
    private static final String SYSTEM_NAMESPACE = "istio-system";

    static Surroundings of(ResourceSet input, CompileSettings settings) {
        var namespaces = new HashMap<String, Namespace>();
        input.all(Namespace.class).forEach(n -> namespaces.put(n.meta().name(), n));
        var nodes = new HashMap<String, Node>();
        input.all(Node.class).forEach(n -> nodes.put(n.meta().name(), n));
        return new Surroundings(input.mesh(), settings, namespaces, nodes);
    }

    /// The wire leaves the default out.
    String wireTrustDomain() {
        return mesh.trustDomain().equals(DEFAULT_TRUST_DOMAIN) ? "" : mesh.trustDomain();
    }

    /// A workload's own label, else the network of the cluster.
    String network(Map<String, String> labels) {
        var own = labels.getOrDefault(Names.NETWORK, "");
        return own.isEmpty() ? namespaceLabel(SYSTEM_NAMESPACE, Names.NETWORK) : own;
    }

    String namespaceLabel(String namespace, String key) {
        var found = namespaces.get(namespace);
        return found == null ? "" : found.meta().label(key);
    }

    Map<String, String> namespaceLabels(String namespace) {
        var found = namespaces.get(namespace);
        return found == null ? Map.of() : found.meta().labels();
    }

    String namespaceAnnotation(String namespace, String key) {
        var found = namespaces.get(namespace);
        return found == null ? "" : found.meta().annotation(key);
    }

    Optional<Locality> localityOfNode(String name) {
        var node = nodes.get(name);
        if (node == null) {
            return Optional.empty();
        }
        Meta meta = node.meta();
        return locality(
                meta.label(Names.REGION), meta.label(Names.ZONE), meta.label(Names.SUBZONE));
    }

    /// @param text `region/zone/subzone`
    static Optional<Locality> locality(String text) {
        var parts = text.split("/", 3);
        return locality(
                parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : "");
    }

    private static Optional<Locality> locality(String region, String zone, String subzone) {
        if (region.isEmpty() && zone.isEmpty() && subzone.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                Locality.newBuilder().setRegion(region).setZone(zone).setSubzone(subzone).build());
    }

    static Optional<ByteString> bytes(String ip) {
        return Addresses.ip(ip).map(a -> ByteString.copyFrom(a.getAddress()));
    }
}
