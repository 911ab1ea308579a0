package dev.ambit.control.xds;

import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.compile.Window;
import dev.ambit.control.xds.Snapshot.Versioned;
import dev.ambit.mesh.proto.workload.Address;
import dev.ambit.mesh.proto.workload.Workload;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// What ztunnels are sent of one moment, and the way to that of the next: only what is new is
/// versioned again. Equal to {@link Snapshot#of(MeshModel)} of the same model.
final class MeshSnapshot {
    private final MeshModel model;
    private final TreeMap<String, Versioned> addresses;
    private final TreeMap<String, Versioned> workloads;
    private final TreeMap<String, Versioned> policies;
    private final Snapshot snapshot;

    private MeshSnapshot(
            MeshModel model,
            TreeMap<String, Versioned> addresses,
            TreeMap<String, Versioned> workloads,
            TreeMap<String, Versioned> policies) {
        this.model = model;
        this.addresses = addresses;
        this.workloads = workloads;
        this.policies = policies;
        this.snapshot =
                new Snapshot(
                        Map.of(
                                Snapshot.ADDRESS, Collections.unmodifiableSortedMap(addresses),
                                Snapshot.WORKLOAD, Collections.unmodifiableSortedMap(workloads),
                                Snapshot.AUTHORIZATION,
                                        Collections.unmodifiableSortedMap(policies)));
    }

    static MeshSnapshot of(MeshModel model) {
        var addresses = new TreeMap<String, Versioned>();
        var workloads = new TreeMap<String, Versioned>();
        var policies = new TreeMap<String, Versioned>();
        model.workloads().forEach(w -> put(w.wire(), addresses, workloads));
        for (var service : model.services()) {
            addresses.put(
                    service.key().toString(),
                    Versioned.of(Address.newBuilder().setService(service.wire()).build()));
        }
        for (var policy : model.policies()) {
            policies.put(policy.name(), Versioned.of(policy.wire()));
        }
        return new MeshSnapshot(model, addresses, workloads, policies);
    }

    MeshSnapshot next(MeshModel following) {
        boolean workloadsOnly =
                following.services().equals(model.services())
                        && following.policies().equals(model.policies());
        if (!workloadsOnly) {
            return of(following);
        }
        var nextAddresses = new TreeMap<>(addresses);
        var nextWorkloads = new TreeMap<>(workloads);
        var window = Window.of(model.workloads(), following.workloads());
        for (var gone : window.of(model.workloads())) {
            nextAddresses.remove(gone.wire().getUid());
            nextWorkloads.remove(gone.wire().getUid());
        }
        for (var come : window.of(following.workloads())) {
            put(come.wire(), nextAddresses, nextWorkloads);
        }
        return new MeshSnapshot(following, nextAddresses, nextWorkloads, policies);
    }

    Snapshot snapshot() {
        return snapshot;
    }

    private static void put(
            Workload wire, Map<String, Versioned> addresses, Map<String, Versioned> workloads) {
        addresses.put(wire.getUid(), Versioned.of(Address.newBuilder().setWorkload(wire).build()));
        workloads.put(wire.getUid(), Versioned.of(wire));
    }
}
