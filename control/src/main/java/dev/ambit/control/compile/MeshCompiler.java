package dev.ambit.control.compile;

import dev.ambit.control.compile.MeshModel.CompiledPolicy;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.resource.AuthorizationPolicy;
import dev.ambit.control.resource.EndpointSlice;
import dev.ambit.control.resource.PeerAuthentication;
import dev.ambit.control.resource.ResourceSet;
import java.util.ArrayList;
import java.util.List;

/// Resources to the mesh model: a pure function.
public final class MeshCompiler {
    private final ResourceSet input;
    private final Surroundings local;
    private final PeerAuthentications peers;

    MeshCompiler(ResourceSet input, CompileSettings settings) {
        this.input = input;
        this.local = Surroundings.of(input, settings);
        this.peers =
                new PeerAuthentications(
                        input.all(PeerAuthentication.class),
                        input.mesh().rootNamespace(),
                        settings.failClosed());
    }

    public static MeshModel compile(ResourceSet input, CompileSettings settings) {
        return MeshCompilation.of(input, settings).model();
    }

    /// One cluster, seen for itself.
    private record Cluster(List<CompiledService> services, List<CompiledWorkload> workloads) {}

    /// Whether there are others to think of.
    boolean severalNetworks() {
        return local.multiNetwork();
    }

    Surroundings surroundings() {
        return local;
    }

    List<CompiledPolicy> policies(Waypoints waypoints) {
        var policies = new ArrayList<CompiledPolicy>();
        var compiler = new PolicyCompiler(local);
        input.all(AuthorizationPolicy.class)
                .forEach(p -> compiler.compile(p).ifPresent(policies::add));
        policies.addAll(peers.policies());
        policies.addAll(waypoints.policies());
        return List.copyOf(policies);
    }

    /// What workloads of one cluster are compiled against.
    WorkloadCompiler workloads(
            Waypoints waypoints, List<CompiledPolicy> policies, List<CompiledService> services) {
        return new WorkloadCompiler(
                local, waypoints, peers, policies, services, input.all(EndpointSlice.class));
    }

    MeshModel model(
            List<CompiledWorkload> workloads,
            List<CompiledWorkload> distant,
            List<CompiledService> services,
            List<CompiledPolicy> policies) {
        var all = new ArrayList<>(workloads);
        for (var gateway : local.gateways().all()) {
            all.add(gateway.workload(local.wireTrustDomain()));
        }
        return new MeshModel(
                input.mesh().trustDomain(),
                local.cluster(),
                local.network(),
                all,
                distant,
                services,
                policies,
                local.gateways().remote());
    }

    /// All clusters, seen from this one's network.
    MeshModel severalNetworksModel() {
        var waypoints = new Waypoints(input, local);
        var policies = policies(waypoints);
        var own = cluster(input, local, waypoints, policies);
        var workloads = new ArrayList<>(own.workloads());
        var others = new ArrayList<List<CompiledService>>();
        for (var name : input.remotes().keySet()) {
            // Under the name of this cluster nothing could be told apart.
            if (!name.equals(local.cluster())) {
                var remote = remote(name, policies);
                others.add(remote.services());
                workloads.addAll(remote.workloads());
            }
        }
        var network = new MultiNetwork(local);
        var merged = network.services(own.services(), others);
        return model(
                network.workloads(merged, workloads),
                network.distant(workloads),
                network.named(merged, workloads),
                policies);
    }

    private Cluster remote(String name, List<CompiledPolicy> policies) {
        var seen = input.remote(name);
        var surroundings = local.remote(seen, name);
        return cluster(seen, surroundings, new Waypoints(seen, surroundings), policies);
    }

    private Cluster cluster(
            ResourceSet seen,
            Surroundings surroundings,
            Waypoints waypoints,
            List<CompiledPolicy> policies) {
        var services = new ServiceCompiler(surroundings, waypoints).compile(seen);
        var slices = seen.all(EndpointSlice.class);
        var workloads =
                new WorkloadCompiler(surroundings, waypoints, peers, policies, services, slices)
                        .compile(seen);
        return new Cluster(services, workloads);
    }
}
