package dev.ambit.control.compile;

import com.google.protobuf.UInt32Value;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.compile.NetworkGateways.NetworkGateway;
import dev.ambit.mesh.proto.workload.NetworkAddress;
import dev.ambit.mesh.proto.workload.PortList;
import dev.ambit.mesh.proto.workload.Service;
import dev.ambit.mesh.proto.workload.TunnelProtocol;
import dev.ambit.mesh.proto.workload.Workload;
import dev.ambit.mesh.proto.workload.WorkloadType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/// What several clusters look like from the network of the one that is configured.
///
/// Services of one name are one service if they are global. Workloads of this network stand for
/// themselves, whichever cluster they are in. Those of another network are not told one by one: per
/// global service, one workload without addresses leads to that network's gateway, and weighs what
/// is behind it.
final class MultiNetwork {
    private static final Comparator<NetworkAddress> BY_TEXT =
            Comparator.comparing(a -> a.getNetwork() + "/" + PrefixText.of(a));

    private final Surroundings local;

    MultiNetwork(Surroundings local) {
        this.local = local;
    }

    /// @param own of the cluster that is configured
    /// @param others of each other cluster, global ones only, in order of cluster names
    List<CompiledService> services(List<CompiledService> own, List<List<CompiledService>> others) {
        var byKey = new LinkedHashMap<String, List<CompiledService>>();
        var all = new ArrayList<>(List.of(own));
        all.addAll(others);
        for (var services : all) {
            for (var service : services) {
                byKey.computeIfAbsent(service.key().toString(), k -> new ArrayList<>())
                        .add(service);
            }
        }
        return byKey.values().stream().map(MultiNetwork::merged).toList();
    }

    /// The first one counts, which is this cluster's own if there is one; the others add addresses.
    /// One that is not global (an entry never is) stays alone.
    private static CompiledService merged(List<CompiledService> same) {
        var first = same.getFirst();
        if (same.size() == 1 || !first.global()) {
            return first;
        }
        var addresses = new LinkedHashSet<NetworkAddress>();
        var names = new TreeSet<String>();
        for (var service : same) {
            addresses.addAll(service.wire().getAddressesList());
            names.addAll(service.wire().getSubjectAltNamesList());
        }
        var wire =
                first.wire().toBuilder()
                        .clearAddresses()
                        .addAllAddresses(addresses.stream().sorted(BY_TEXT).toList())
                        .clearSubjectAltNames()
                        .addAllSubjectAltNames(names);
        return first.with(wire.build());
    }

    /// The same services, knowing who may answer for them behind the gateways of other networks.
    List<CompiledService> named(List<CompiledService> services, List<CompiledWorkload> workloads) {
        var identities = new LinkedHashMap<String, TreeSet<String>>();
        for (var workload : workloads) {
            var wire = workload.wire();
            if (isHere(wire)) {
                continue;
            }
            var identity =
                    "spiffe://"
                            + local.mesh().trustDomain()
                            + "/ns/"
                            + wire.getNamespace()
                            + "/sa/"
                            + wire.getServiceAccount();
            for (var service : wire.getServicesMap().keySet()) {
                identities.computeIfAbsent(service, s -> new TreeSet<>()).add(identity);
            }
        }
        return services.stream()
                .map(service -> {
                    var found = identities.get(service.key().toString());
                    if (!service.global() || found == null) {
                        return service;
                    }
                    found.addAll(service.wire().getSubjectAltNamesList());
                    var wire =
                            service.wire().toBuilder()
                                    .clearSubjectAltNames()
                                    .addAllSubjectAltNames(found);
                    return service.with(wire.build());
                })
                .toList();
    }

    /// Those of other networks.
    List<CompiledWorkload> distant(List<CompiledWorkload> workloads) {
        return workloads.stream().filter(w -> !isHere(w.wire())).toList();
    }

    List<CompiledWorkload> workloads(
            List<CompiledService> services, List<CompiledWorkload> workloads) {
        var seen = new ArrayList<CompiledWorkload>();
        var byKey = new LinkedHashMap<String, Service>();
        services.stream()
                .filter(CompiledService::global)
                .forEach(s -> byKey.put(s.key().toString(), s.wire()));
        var behind = new LinkedHashMap<Remote, Long>();
        for (var workload : workloads) {
            var wire = workload.wire();
            if (isHere(wire)) {
                seen.add(workload);
                continue;
            }
            long weight = Math.max(1, Integer.toUnsignedLong(wire.getCapacity().getValue()));
            for (var service : wire.getServicesMap().keySet()) {
                behind.merge(new Remote(wire.getNetwork(), service), weight, Long::sum);
            }
        }
        behind.forEach((remote, weight) -> {
            var service = Optional.ofNullable(byKey.get(remote.service()));
            var gateway = local.gateways().first(remote.network());
            if (service.isPresent() && gateway.isPresent()) {
                seen.add(stub(remote, service.get(), gateway.get(), weight));
            }
        });
        return seen;
    }

    /// What is reachable through another network's gateway.
    private record Remote(String network, String service) {}

    private boolean isHere(Workload workload) {
        return workload.getNetwork().equals(local.network());
    }

    private CompiledWorkload stub(
            Remote remote, Service service, NetworkGateway gateway, long weight) {
        var uid =
                remote.network()
                        + "/SplitHorizonWorkload/"
                        + gateway.name()
                        + "/"
                        + remote.service();
        var wire =
                Workload.newBuilder()
                        .setUid(uid)
                        .setName(uid)
                        .setNamespace(service.getNamespace())
                        .setNetwork(remote.network())
                        .setTrustDomain(local.wireTrustDomain())
                        .setCapacity(UInt32Value.of((int) weight))
                        .setWorkloadType(WorkloadType.POD)
                        .setTunnelProtocol(TunnelProtocol.HBONE)
                        .setNetworkGateway(gateway.wire())
                        .setClusterId(gateway.cluster())
                        .putServices(
                                remote.service(),
                                PortList.newBuilder().addAllPorts(service.getPortsList()).build());
        return new CompiledWorkload(wire.build(), Map.of(), CompiledWorkload.Kind.GATEWAY);
    }
}
