package dev.ambit.mesh;

import dev.ambit.mesh.MeshView.Target;
import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// What the references to waypoints mean. Pure functions of the mesh.
public final class Waypoints {
    private Waypoints() {}

    /// What a reference stands for, whoever asks: the control plane wrote it, so a service that
    /// only its own namespace sees is found too.
    public static Target resolve(MeshView mesh, GatewayAddress reference) {
        return switch (reference.destination()) {
            case GatewayAddress.Destination.ByHostname(var name) -> mesh.named(name);
            case GatewayAddress.Destination.ByAddress(var address) -> mesh.lookup(address);
        };
    }

    /// Whether `candidate` is what the reference names, or one of those behind it, healthy or not.
    public static boolean includes(MeshView mesh, GatewayAddress reference, Workload candidate) {
        return switch (resolve(mesh, reference)) {
            case Target.OfService(var service) -> candidate.services().containsKey(service.key());
            case Target.OfWorkload(var workload) -> workload.uid().equals(candidate.uid());
            case Target.Unknown() -> false;
        };
    }

    /// Every waypoint that is set, whatever its weight.
    public static List<GatewayAddress> references(Target destination) {
        return switch (destination) {
            case Target.OfService(var service) -> {
                var all = new ArrayList<GatewayAddress>();
                service.waypoint().ifPresent(all::add);
                service.weightedWaypoints().forEach(weighted -> all.add(weighted.destination()));
                yield all;
            }
            case Target.OfWorkload(var workload) -> workload.waypoint().stream().toList();
            case Target.Unknown() -> List.of();
        };
    }

    /// The waypoint for one connection: drawn by weight from the weighted set; the only one, if
    /// there is no such set or nothing in it has a weight.
    public static Optional<GatewayAddress> choose(Service service, RandomGenerator random) {
        long total = 0;
        for (var weighted : service.weightedWaypoints()) {
            total += weighted.weight();
        }
        if (total == 0) {
            return service.waypoint();
        }
        long drawn = random.nextLong(total);
        for (var weighted : service.weightedWaypoints()) {
            drawn -= weighted.weight();
            if (drawn < 0) {
                return Optional.of(weighted.destination());
            }
        }
        throw new AssertionError("weights of an immutable list changed");
    }
}
