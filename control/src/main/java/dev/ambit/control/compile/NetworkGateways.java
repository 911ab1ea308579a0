package dev.ambit.control.compile;

import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.compile.MeshModel.RemoteGateway;
import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.mesh.proto.workload.GatewayAddress;
import dev.ambit.mesh.proto.workload.NamespacedHostname;
import dev.ambit.mesh.proto.workload.NetworkAddress;
import dev.ambit.mesh.proto.workload.Workload;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The ways into other networks: Gateways labelled `topology.istio.io/network`. A cluster announces
/// its own with class `istio-east-west`; the cluster that is configured can name those of others
/// with class `istio-remote`.
///
/// istiod takes any one where a network has several; here it is the first by name.
record NetworkGateways(Map<String, NetworkGateway> byName) {
    private static final String EAST_WEST = "istio-east-west";
    private static final String REMOTE = "istio-remote";
    private static final String HBONE = "HBONE";
    private static final int DEFAULT_PORT = 15008;

    /// @param cluster where it was read
    /// @param namespace of the Gateway, and of its service account
    /// @param port 0 when it is not said: then nothing but a service of several networks leads here
    record NetworkGateway(
            String network,
            String cluster,
            String namespace,
            String gateway,
            String serviceAccount,
            String address,
            int port) {

        /// Unique in the mesh.
        String name() {
            return namespace + "/" + gateway + "/" + address;
        }

        GatewayAddress wire() {
            var builder =
                    GatewayAddress.newBuilder().setHboneMtlsPort(port == 0 ? DEFAULT_PORT : port);
            Surroundings.bytes(address)
                    .ifPresentOrElse(
                            ip ->
                                    builder.setAddress(
                                            NetworkAddress.newBuilder()
                                                    .setNetwork(network)
                                                    .setAddress(ip)),
                            () ->
                                    builder.setHostname(
                                            NamespacedHostname.newBuilder()
                                                    .setNamespace(namespace)
                                                    .setHostname(address)));
            return builder.build();
        }

        /// What lets a ztunnel verify who answers at the address.
        CompiledWorkload workload(String trustDomain) {
            var uid = "NetworkGateway/" + network + "/" + address + "/" + port;
            var wire =
                    Workload.newBuilder()
                            .setUid(uid)
                            .setName(uid)
                            .setNamespace(namespace)
                            .setServiceAccount(serviceAccount)
                            .setNetwork(network)
                            .setTrustDomain(trustDomain);
            Surroundings.bytes(address)
                    .ifPresentOrElse(wire::addAddresses, () -> wire.setHostname(address));
            return new CompiledWorkload(wire.build(), Map.of(), CompiledWorkload.Kind.GATEWAY);
        }
    }

    static NetworkGateways of(ResourceSet input, String localCluster) {
        var byName = new TreeMap<String, NetworkGateway>();
        for (var gateway : input.all(Gateway.class)) {
            keep(byName, named(gateway, localCluster));
        }
        input.remotes()
                .forEach((cluster, resources) -> {
                    for (Resource resource : resources) {
                        if (resource instanceof Gateway gateway && !cluster.equals(localCluster)) {
                            keep(byName, announced(gateway, cluster));
                        }
                    }
                });
        return new NetworkGateways(byName);
    }

    private static void keep(Map<String, NetworkGateway> byName, List<NetworkGateway> more) {
        more.forEach(g -> byName.putIfAbsent(g.name(), g));
    }

    Collection<NetworkGateway> all() {
        return byName.values();
    }

    List<RemoteGateway> remote() {
        return all().stream()
                .map(g ->
                        new RemoteGateway(
                                g.network(),
                                g.cluster(),
                                g.address(),
                                g.port() == 0 ? DEFAULT_PORT : g.port()))
                .toList();
    }

    Optional<NetworkGateway> first(String network) {
        return all().stream().filter(g -> g.network().equals(network)).findFirst();
    }

    /// How workloads of a network are reached one by one.
    Optional<GatewayAddress> wayTo(String network) {
        return all().stream()
                .filter(g -> g.network().equals(network) && g.port() != 0)
                .findFirst()
                .map(NetworkGateway::wire);
    }

    private static List<NetworkGateway> named(Gateway gateway, String cluster) {
        var listener =
                gateway.listeners().stream().filter(l -> l.protocol().equals(HBONE)).findFirst();
        return gateway.className().equals(REMOTE) && listener.isPresent()
                ? gateways(gateway, cluster, listener.get().port())
                : List.of();
    }

    private static List<NetworkGateway> announced(Gateway gateway, String cluster) {
        boolean listens =
                gateway.listeners().stream()
                        .anyMatch(l -> l.protocol().equals(HBONE) && l.terminates());
        return gateway.className().equals(EAST_WEST) && listens
                ? gateways(gateway, cluster, 0)
                : List.of();
    }

    private static List<NetworkGateway> gateways(Gateway gateway, String cluster, int port) {
        var meta = gateway.meta();
        var network = meta.label(Names.NETWORK);
        var found = new ArrayList<NetworkGateway>();
        if (network.isEmpty()) {
            return found;
        }
        var implied =
                gateway.className().equals(REMOTE)
                        ? meta.name() + "-" + gateway.className()
                        : meta.name();
        var account = meta.annotation(Names.GATEWAY_ACCOUNT);
        for (var address : gateway.addresses()) {
            if (address.type() != Gateway.AddressType.OTHER) {
                found.add(
                        new NetworkGateway(
                                network,
                                cluster,
                                meta.namespace(),
                                meta.name(),
                                account.isEmpty() ? implied : account,
                                address.value(),
                                port));
            }
        }
        return found;
    }
}
