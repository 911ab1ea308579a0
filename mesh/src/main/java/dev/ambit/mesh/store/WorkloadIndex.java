package dev.ambit.mesh.store;

import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.model.Workload.NetworkMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Workloads by everything they are looked up by. One writer, lock-free readers; a workload that
/// changes is replaced in place, as services are.
final class WorkloadIndex {
    private final String nodeName;
    private final Map<String, Workload> byUid = new ConcurrentHashMap<>();
    private final Map<NetworkAddress, List<Workload>> byAddress = new ConcurrentHashMap<>();
    private final Map<String, List<Workload>> byHostname = new ConcurrentHashMap<>();
    private final Map<PodKey, Workload> local = new ConcurrentHashMap<>();

    private record PodKey(String namespace, String name, String serviceAccount) {
        static PodKey of(Workload workload) {
            return new PodKey(workload.namespace(), workload.name(), workload.serviceAccount());
        }
    }

    /// @param nodeName whose pods are local; empty: all are
    WorkloadIndex(String nodeName) {
        this.nodeName = nodeName;
    }

    /// The one that was replaced, if there was one.
    @Nullable Workload put(Workload workload) {
        var old = byUid.put(workload.uid(), workload);
        var addresses = addresses(workload);
        for (var address : addresses) {
            byAddress.compute(address, (_, all) -> ranked(all, workload));
        }
        if (!workload.hostname().isEmpty()) {
            byHostname.compute(host(workload), (_, all) -> byUid(all, workload));
        }
        if (isLocal(workload)) {
            local.put(PodKey.of(workload), workload);
        }
        if (old != null) {
            var stale = addresses(old);
            stale.removeAll(addresses);
            removeAddresses(stale, old.uid());
            if (!host(old).equals(host(workload))) {
                removeHostname(old);
            }
            local.remove(PodKey.of(old), old);
        }
        return old;
    }

    @Nullable Workload remove(String uid) {
        var old = byUid.remove(uid);
        if (old != null) {
            removeAddresses(addresses(old), uid);
            removeHostname(old);
            local.remove(PodKey.of(old), old);
        }
        return old;
    }

    private void removeAddresses(Set<NetworkAddress> addresses, String uid) {
        for (var address : addresses) {
            byAddress.computeIfPresent(address, (_, all) -> without(all, uid));
        }
    }

    private void removeHostname(Workload workload) {
        byHostname.computeIfPresent(host(workload), (_, all) -> without(all, workload.uid()));
    }

    /// A host-network workload shares its node's addresses, which say nothing about it.
    private static Set<NetworkAddress> addresses(Workload workload) {
        var all = new HashSet<NetworkAddress>();
        if (workload.networkMode() == NetworkMode.STANDARD) {
            for (var address : workload.addresses()) {
                all.add(new NetworkAddress(workload.network(), address));
            }
        }
        return all;
    }

    private static String host(Workload workload) {
        return ServiceIndex.host(workload.hostname());
    }

    private boolean isLocal(Workload workload) {
        return nodeName.isEmpty() || workload.node().equals(nodeName);
    }

    /// The best first: a pod before what else has the address, HBONE before plain, then the newest.
    private static List<Workload> ranked(@Nullable List<Workload> others, Workload workload) {
        var all = new ArrayList<Workload>();
        all.add(workload);
        if (others != null) {
            others.stream().filter(other -> !other.uid().equals(workload.uid())).forEach(all::add);
        }
        all.sort((a, b) -> rank(b) - rank(a));
        return List.copyOf(all);
    }

    private static int rank(Workload workload) {
        int pod = workload.uid().contains("//Pod/") ? 2 : 0;
        return pod + (workload.protocol() == Workload.TunnelProtocol.HBONE ? 1 : 0);
    }

    private static List<Workload> byUid(@Nullable List<Workload> others, Workload workload) {
        var all = new ArrayList<Workload>();
        all.add(workload);
        if (others != null) {
            others.stream().filter(other -> !other.uid().equals(workload.uid())).forEach(all::add);
        }
        all.sort(Comparator.comparing(Workload::uid));
        return List.copyOf(all);
    }

    private static @Nullable List<Workload> without(List<Workload> all, String uid) {
        var rest = all.stream().filter(workload -> !workload.uid().equals(uid)).toList();
        return rest.isEmpty() ? null : rest;
    }

    // ---- readers

    @Nullable Workload get(String uid) {
        return byUid.get(uid);
    }

    @Nullable Workload at(NetworkAddress address) {
        var all = byAddress.get(address);
        return all == null ? null : all.getFirst();
    }

    @Nullable Workload named(ServiceKey name) {
        for (var workload : byHostname(name.hostname())) {
            if (workload.namespace().equals(name.namespace())) {
                return workload;
            }
        }
        return null;
    }

    /// In the order of their uids.
    List<Workload> byHostname(String hostname) {
        return byHostname.getOrDefault(ServiceIndex.host(hostname), List.of());
    }

    @Nullable Workload local(String namespace, String name, String serviceAccount) {
        return local.get(new PodKey(namespace, name, serviceAccount));
    }

    List<Workload> all() {
        return List.copyOf(byUid.values());
    }

    boolean isEmpty() {
        return byUid.isEmpty() && byAddress.isEmpty() && byHostname.isEmpty() && local.isEmpty();
    }
}
