package dev.ambit.control.compile;

import com.google.protobuf.ByteString;
import dev.ambit.control.resource.Addresses;
import dev.ambit.control.resource.MeshConfig;
import dev.ambit.control.resource.MeshConfig.Visibility;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Namespace;
import dev.ambit.control.resource.Node;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.mesh.proto.workload.Locality;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What every part of the compilation looks up: one cluster, and the mesh that it is in.
///
/// @param cluster its name
/// @param local it is the cluster that is configured
record Surroundings(
        MeshConfig mesh,
        CompileSettings settings,
        String cluster,
        boolean local,
        boolean multiNetwork,
        NetworkGateways gateways,
        Map<String, Namespace> namespaces,
        Map<String, Node> nodes) {

    private static final String DEFAULT_TRUST_DOMAIN = "cluster.local";
    private static final String SYSTEM_NAMESPACE = "istio-system";

    /// The cluster that is configured.
    static Surroundings of(ResourceSet input, CompileSettings settings) {
        boolean multiNetwork = settings.multiNetwork() || !input.remotes().isEmpty();
        return of(
                input,
                settings,
                settings.clusterId(),
                multiNetwork,
                NetworkGateways.of(input, settings.clusterId()));
    }

    /// Another cluster of the same mesh.
    Surroundings remote(ResourceSet input, String name) {
        return of(input, settings, name, multiNetwork, gateways);
    }

    private static Surroundings of(
            ResourceSet input,
            CompileSettings settings,
            String cluster,
            boolean multiNetwork,
            NetworkGateways gateways) {
        var namespaces = new HashMap<String, Namespace>();
        input.all(Namespace.class).forEach(n -> namespaces.put(n.meta().name(), n));
        var nodes = new HashMap<String, Node>();
        input.all(Node.class).forEach(n -> nodes.put(n.meta().name(), n));
        return new Surroundings(
                input.mesh(),
                settings,
                cluster,
                cluster.equals(settings.clusterId()),
                multiNetwork,
                gateways,
                namespaces,
                nodes);
    }

    /// The wire leaves the default out.
    String wireTrustDomain() {
        return mesh.trustDomain().equals(DEFAULT_TRUST_DOMAIN) ? "" : mesh.trustDomain();
    }

    /// The network that the cluster is in. As istiod in ambient mode: labels of pods do not count.
    String network() {
        return namespace(SYSTEM_NAMESPACE).map(n -> n.label(Names.NETWORK)).orElse("");
    }

    Optional<Meta> namespace(String name) {
        return Optional.ofNullable(namespaces.get(name)).map(Namespace::meta);
    }

    Map<String, String> namespaceLabels(String name) {
        return namespace(name).map(Meta::labels).orElse(Map.of());
    }

    /// Who may use the ServiceEntries of a namespace.
    Visibility entryVisibility(String namespace) {
        var labels = namespaceLabels(namespace);
        return mesh.entryVisibility().policies().stream()
                .filter(p -> p.namespaces().stream().allMatch(s -> s.matches(labels)))
                .map(MeshConfig.VisibilityPolicy::visibility)
                .findFirst()
                .orElse(mesh.entryVisibility().otherwise());
    }

    /// Whether other clusters may use a service.
    boolean global(Meta service) {
        var namespace = namespace(service.namespace());
        return multiNetwork
                && namespace.isPresent()
                && mesh.scopes().stream()
                        .anyMatch(s ->
                                s.global()
                                        && s.namespaces().matches(namespace.get().labels())
                                        && s.services().matches(service.labels()));
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
        var parts = text.split("/", -1);
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
