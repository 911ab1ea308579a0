package dev.ambit.ztunnel;

import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A real store, filled by hand: workloads and services in few words.
public final class MeshOf {
    private MeshOf() {}

    public static MeshStore store(Object... records) {
        var store = new MeshStore("node-1");
        var batch = new ArrayList<Change>();
        for (var record : records) {
            batch.add(
                    record instanceof Workload workload
                            ? new Change.PutWorkload(workload)
                            : new Change.PutService((Service) record));
        }
        store.apply(batch);
        return store;
    }

    public static Builder workload(String name, String address) {
        return new Builder(name, address);
    }

    public static final class Builder {
        private final String name;
        private final List<InetAddress> addresses = new ArrayList<>();
        private String network = "";
        private Workload.TunnelProtocol protocol = Workload.TunnelProtocol.HBONE;
        private Optional<dev.ambit.mesh.model.GatewayAddress> waypoint = Optional.empty();
        private Map<ServiceKey, Map<Integer, Integer>> services = Map.of();
        private Workload.Health health = Workload.Health.HEALTHY;
        private Workload.Locality locality = Workload.Locality.NONE;
        private String node = "node-1";
        private int capacity = 1;
        private String hostname = "";
        private Optional<dev.ambit.mesh.model.GatewayAddress> gateway = Optional.empty();
        private Workload.NetworkMode networkMode = Workload.NetworkMode.STANDARD;
        private Optional<Workload.ApplicationTunnel> tunnel = Optional.empty();

        Builder(String name, String address) {
            this.name = name;
            if (!address.isEmpty()) {
                addresses.add(ip(address));
            }
        }

        public Builder also(String address) {
            addresses.add(ip(address));
            return this;
        }

        public Builder network(String network) {
            this.network = network;
            return this;
        }

        public Builder plain() {
            protocol = Workload.TunnelProtocol.TCP;
            return this;
        }

        public Builder waypoint(dev.ambit.mesh.model.GatewayAddress waypoint) {
            this.waypoint = Optional.of(waypoint);
            return this;
        }

        public Builder gateway(dev.ambit.mesh.model.GatewayAddress gateway) {
            this.gateway = Optional.of(gateway);
            return this;
        }

        public Builder hostname(String hostname) {
            this.hostname = hostname;
            return this;
        }

        public Builder hostNetwork() {
            networkMode = Workload.NetworkMode.HOST_NETWORK;
            return this;
        }

        public Builder behind(Service service, Map<Integer, Integer> ports) {
            services = Map.of(service.key(), ports);
            return this;
        }

        public Builder tunnel(Workload.ApplicationTunnel.Protocol protocol, int port) {
            tunnel = Optional.of(new Workload.ApplicationTunnel(protocol, port));
            return this;
        }

        public Builder unhealthy() {
            health = Workload.Health.UNHEALTHY;
            return this;
        }

        public Builder in(String region, String zone) {
            locality = new Workload.Locality(region, zone, "");
            return this;
        }

        public Builder on(String node) {
            this.node = node;
            return this;
        }

        public Builder capacity(int capacity) {
            this.capacity = capacity;
            return this;
        }

        public Workload build() {
            return new Workload(
                    "Kubernetes//Pod/ns/" + name,
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
                    name,
                    "v1",
                    Workload.WorkloadType.POD,
                    name,
                    false,
                    tunnel,
                    services,
                    List.of(),
                    health,
                    "Kubernetes",
                    locality,
                    networkMode,
                    capacity);
        }
    }

    public static Service service(String name, String vip, Map<Integer, Integer> ports) {
        return service(name, vip, ports, Optional.empty(), List.of(), Optional.empty());
    }

    public static Service service(
            String name,
            String vip,
            Map<Integer, Integer> ports,
            Optional<Service.LoadBalancing> loadBalancing,
            List<String> sans,
            Optional<dev.ambit.mesh.model.GatewayAddress> waypoint) {
        return new Service(
                new ServiceKey("ns", name + ".ns.svc.cluster.local"),
                name,
                vip.isEmpty() ? List.of() : List.of(new NetworkAddress("", ip(vip))),
                List.of(),
                ports,
                sans,
                waypoint,
                List.of(),
                loadBalancing,
                Service.IpFamilies.AUTOMATIC,
                false,
                Service.Visibility.PUBLIC);
    }

    public static InetAddress ip(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException bad) {
            throw new AssertionError(bad);
        }
    }

    public static InetSocketAddress at(String literal, int port) {
        return new InetSocketAddress(ip(literal), port);
    }
}
