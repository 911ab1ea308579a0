package dev.ambit.ztunnel.outbound;

import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.LoadBalancing;
import dev.ambit.mesh.model.Service.LoadBalancing.HealthPolicy;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.ztunnel.MeshOf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Services in few words; hostname `name.example.com`, namespace `ns`, port 80 to 8080.
final class Services {
    private final String name;
    private String namespace = "ns";
    private final List<NetworkAddress> vips = new ArrayList<>();
    private final List<Service.CidrVip> ranges = new ArrayList<>();
    private Map<Integer, Integer> ports = Map.of(80, 8080);
    private final List<String> sans = new ArrayList<>();
    private Optional<GatewayAddress> waypoint = Optional.empty();
    private final List<Service.WeightedWaypoint> weighted = new ArrayList<>();
    private Optional<LoadBalancing> balancing = Optional.empty();
    private Service.IpFamilies families = Service.IpFamilies.AUTOMATIC;
    private Service.Visibility visibility = Service.Visibility.PUBLIC;

    private Services(String name) {
        this.name = name;
    }

    static Services named(String name) {
        return new Services(name);
    }

    static GatewayAddress byName(String name, int port) {
        return new GatewayAddress(
                new GatewayAddress.Destination.ByHostname(
                        new ServiceKey("ns", name + ".example.com")),
                port);
    }

    static GatewayAddress byAddress(String network, String literal, int port) {
        return new GatewayAddress(
                new GatewayAddress.Destination.ByAddress(
                        new NetworkAddress(network, MeshOf.ip(literal))),
                port);
    }

    Services namespace(String namespace) {
        this.namespace = namespace;
        return this;
    }

    Services vip(String literal) {
        return vip("", literal);
    }

    Services vip(String network, String literal) {
        vips.add(new NetworkAddress(network, MeshOf.ip(literal)));
        return this;
    }

    Services range(String base, int length) {
        ranges.add(new Service.CidrVip("", new Cidr(MeshOf.ip(base), length)));
        return this;
    }

    Services ports(Map<Integer, Integer> ports) {
        this.ports = ports;
        return this;
    }

    /// An identity `spiffe://cluster.local/ns/ns/sa/<account>`.
    Services proves(String account) {
        sans.add("spiffe://cluster.local/ns/ns/sa/" + account);
        return this;
    }

    Services waypoint(GatewayAddress waypoint) {
        this.waypoint = Optional.of(waypoint);
        return this;
    }

    Services weighted(GatewayAddress waypoint, int weight) {
        weighted.add(new Service.WeightedWaypoint(waypoint, weight));
        return this;
    }

    Services balancing(LoadBalancing.Mode mode, LoadBalancing.Scope... preference) {
        balancing =
                Optional.of(
                        new LoadBalancing(List.of(preference), mode, HealthPolicy.ONLY_HEALTHY));
        return this;
    }

    Services families(Service.IpFamilies families) {
        this.families = families;
        return this;
    }

    Services ownNamespaceOnly() {
        visibility = Service.Visibility.NAMESPACE;
        return this;
    }

    Service build() {
        return new Service(
                new ServiceKey(namespace, name + ".example.com"),
                name,
                vips,
                ranges,
                ports,
                sans,
                waypoint,
                weighted,
                balancing,
                families,
                false,
                visibility);
    }
}
