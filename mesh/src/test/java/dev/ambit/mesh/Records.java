package dev.ambit.mesh;

import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.LoadBalancing;
import dev.ambit.mesh.model.Service.LoadBalancing.HealthPolicy;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Workloads and services in few words.
public final class Records {
    private Records() {}

    public static MeshStore store(Object... records) {
        var store = new MeshStore("");
        put(store, records);
        return store;
    }

    public static void put(MeshStore store, Object... records) {
        var batch = new ArrayList<Change>();
        for (var record : records) {
            batch.add(
                    record instanceof Workload workload
                            ? new Change.PutWorkload(workload)
                            : new Change.PutService((Service) record));
        }
        store.apply(batch);
    }

    public static InetAddress ip(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException bad) {
            throw new AssertionError(bad);
        }
    }

    public static NetworkAddress at(String literal) {
        return new NetworkAddress("", ip(literal));
    }

    public static GatewayAddress byName(String namespace, String hostname) {
        return new GatewayAddress(
                new GatewayAddress.Destination.ByHostname(new ServiceKey(namespace, hostname)),
                15008);
    }

    public static GatewayAddress byAddress(String literal) {
        return new GatewayAddress(new GatewayAddress.Destination.ByAddress(at(literal)), 15008);
    }

    /// A service `name.namespace.svc.cluster.local`.
    public static ServiceBuilder service(String namespace, String name) {
        return new ServiceBuilder(namespace, name, name + "." + namespace + ".svc.cluster.local");
    }

    public static final class ServiceBuilder {
        private final String namespace;
        private final String name;
        private String hostname;
        private final List<NetworkAddress> vips = new ArrayList<>();
        private final List<Service.CidrVip> ranges = new ArrayList<>();
        private Map<Integer, Integer> ports = Map.of(80, 8080);
        private Optional<GatewayAddress> waypoint = Optional.empty();
        private final List<Service.WeightedWaypoint> weighted = new ArrayList<>();
        private Optional<LoadBalancing> balancing = Optional.empty();
        private boolean canonical;
        private Service.Visibility visibility = Service.Visibility.PUBLIC;

        ServiceBuilder(String namespace, String name, String hostname) {
            this.namespace = namespace;
            this.name = name;
            this.hostname = hostname;
        }

        public ServiceBuilder hostname(String hostname) {
            this.hostname = hostname;
            return this;
        }

        public ServiceBuilder vip(String literal) {
            vips.add(at(literal));
            return this;
        }

        public ServiceBuilder range(String cidr) {
            return range("", cidr);
        }

        public ServiceBuilder range(String network, String cidr) {
            int slash = cidr.indexOf('/');
            int length = Integer.parseInt(cidr.substring(slash + 1));
            ranges.add(
                    new Service.CidrVip(network, new Cidr(ip(cidr.substring(0, slash)), length)));
            return this;
        }

        public ServiceBuilder ports(Map<Integer, Integer> ports) {
            this.ports = ports;
            return this;
        }

        public ServiceBuilder waypoint(GatewayAddress waypoint) {
            this.waypoint = Optional.of(waypoint);
            return this;
        }

        public ServiceBuilder weighted(GatewayAddress waypoint, int weight) {
            weighted.add(new Service.WeightedWaypoint(waypoint, weight));
            return this;
        }

        public ServiceBuilder balancing(
                LoadBalancing.Mode mode, HealthPolicy health, LoadBalancing.Scope... preference) {
            balancing = Optional.of(new LoadBalancing(List.of(preference), mode, health));
            return this;
        }

        public ServiceBuilder canonical() {
            canonical = true;
            return this;
        }

        public ServiceBuilder ownNamespaceOnly() {
            visibility = Service.Visibility.NAMESPACE;
            return this;
        }

        public Service build() {
            return new Service(
                    new ServiceKey(namespace, hostname),
                    name,
                    vips,
                    ranges,
                    ports,
                    List.of(),
                    waypoint,
                    weighted,
                    balancing,
                    Service.IpFamilies.AUTOMATIC,
                    canonical,
                    visibility);
        }
    }

    /// A pod of namespace `ns`.
    public static WorkloadBuilder pod(String name) {
        return new WorkloadBuilder("Kubernetes//Pod/ns/" + name, name);
    }

    public static WorkloadBuilder workload(String uid, String name) {
        return new WorkloadBuilder(uid, name);
    }

    public static final class WorkloadBuilder {
        private final String uid;
        private final String name;
        private final List<InetAddress> addresses = new ArrayList<>();
        private String hostname = "";
        private String network = "";
        private Workload.TunnelProtocol protocol = Workload.TunnelProtocol.HBONE;
        private Optional<GatewayAddress> waypoint = Optional.empty();
        private Optional<GatewayAddress> gateway = Optional.empty();
        private String node = "node-1";
        private Optional<Workload.ApplicationTunnel> tunnel = Optional.empty();
        private final Map<ServiceKey, Map<Integer, Integer>> services = new HashMap<>();
        private Workload.Health health = Workload.Health.HEALTHY;
        private String cluster = "Kubernetes";
        private Workload.Locality locality = Workload.Locality.NONE;
        private Workload.NetworkMode networkMode = Workload.NetworkMode.STANDARD;
        private int capacity = 1;

        WorkloadBuilder(String uid, String name) {
            this.uid = uid;
            this.name = name;
        }

        public WorkloadBuilder ip(String literal) {
            addresses.add(Records.ip(literal));
            return this;
        }

        public WorkloadBuilder hostname(String hostname) {
            this.hostname = hostname;
            return this;
        }

        public WorkloadBuilder network(String network) {
            this.network = network;
            return this;
        }

        public WorkloadBuilder plain() {
            protocol = Workload.TunnelProtocol.TCP;
            return this;
        }

        public WorkloadBuilder waypoint(GatewayAddress waypoint) {
            this.waypoint = Optional.of(waypoint);
            return this;
        }

        public WorkloadBuilder gateway(GatewayAddress gateway) {
            this.gateway = Optional.of(gateway);
            return this;
        }

        public WorkloadBuilder node(String node) {
            this.node = node;
            return this;
        }

        public WorkloadBuilder cluster(String cluster) {
            this.cluster = cluster;
            return this;
        }

        public WorkloadBuilder tunnel(int port) {
            tunnel =
                    Optional.of(
                            new Workload.ApplicationTunnel(
                                    Workload.ApplicationTunnel.Protocol.PROXY, port));
            return this;
        }

        public WorkloadBuilder behind(Service service) {
            return behind(service, Map.of());
        }

        public WorkloadBuilder behind(Service service, Map<Integer, Integer> ports) {
            services.put(service.key(), ports);
            return this;
        }

        public WorkloadBuilder unhealthy() {
            health = Workload.Health.UNHEALTHY;
            return this;
        }

        public WorkloadBuilder in(String region, String zone, String subzone) {
            locality = new Workload.Locality(region, zone, subzone);
            return this;
        }

        public WorkloadBuilder hostNetwork() {
            networkMode = Workload.NetworkMode.HOST_NETWORK;
            return this;
        }

        public WorkloadBuilder capacity(int capacity) {
            this.capacity = capacity;
            return this;
        }

        public Workload build() {
            return new Workload(
                    uid,
                    name,
                    "ns",
                    addresses,
                    hostname,
                    network,
                    protocol,
                    "cluster.local",
                    name,
                    waypoint,
                    gateway,
                    node,
                    "",
                    "",
                    Workload.WorkloadType.POD,
                    "",
                    false,
                    tunnel,
                    services,
                    List.of(),
                    health,
                    cluster,
                    locality,
                    networkMode,
                    capacity);
        }
    }
}
