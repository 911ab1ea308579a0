package dev.ambit.control.compile;

import dev.ambit.control.compile.MeshModel.CompiledPolicy;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.resource.AuthorizationPolicy;
import dev.ambit.control.resource.PeerAuthentication;
import dev.ambit.control.resource.ResourceSet;
import java.util.ArrayList;
import java.util.List;

/// Resources to the mesh model: a pure function.
public final class MeshCompiler {
    private final ResourceSet input;
    private final Surroundings local;
    private final PeerAuthentications peers;
    private final List<CompiledPolicy> policies = new ArrayList<>();

    private MeshCompiler(ResourceSet input, CompileSettings settings) {
        this.input = input;
        this.local = Surroundings.of(input, settings);
        this.peers =
                new PeerAuthentications(
                        input.all(PeerAuthentication.class),
                        input.mesh().rootNamespace(),
                        settings.failClosed());
        var compiler = new PolicyCompiler(local);
        input.all(AuthorizationPolicy.class)
                .forEach(p -> compiler.compile(p).ifPresent(policies::add));
        policies.addAll(peers.policies());
    }

    public static MeshModel compile(ResourceSet input, CompileSettings settings) {
        return new MeshCompiler(input, settings).compile();
    }

    /// One cluster, seen for itself.
    private record Cluster(List<CompiledService> services, List<CompiledWorkload> workloads) {}

    private MeshModel compile() {
        var waypoints = new Waypoints(input, local);
        policies.addAll(waypoints.policies());
        var own = cluster(input, local, waypoints);
        var services = own.services();
        var workloads = new ArrayList<>(own.workloads());
        var distant = List.<CompiledWorkload>of();
        if (local.multiNetwork()) {
            var others = new ArrayList<List<CompiledService>>();
            for (var name : input.remotes().keySet()) {
                // Under the name of this cluster nothing could be told apart.
                if (!name.equals(local.cluster())) {
                    var remote = remote(name);
                    others.add(remote.services());
                    workloads.addAll(remote.workloads());
                }
            }
            var network = new MultiNetwork(local);
            var merged = network.services(services, others);
            services = network.named(merged, workloads);
            distant = network.distant(workloads);
            workloads = new ArrayList<>(network.workloads(merged, workloads));
        }
        for (var gateway : local.gateways().all()) {
            workloads.add(gateway.workload(local.wireTrustDomain()));
        }
        return new MeshModel(
                input.mesh().trustDomain(),
                local.cluster(),
                local.network(),
                workloads,
                distant,
                services,
                policies,
                local.gateways().remote());
    }

    private Cluster remote(String name) {
        var seen = input.remote(name);
        var surroundings = local.remote(seen, name);
        return cluster(seen, surroundings, new Waypoints(seen, surroundings));
    }

    private Cluster cluster(ResourceSet seen, Surroundings surroundings, Waypoints waypoints) {
        var services = new ServiceCompiler(surroundings, waypoints).compile(seen);
        var workloads =
                new WorkloadCompiler(surroundings, waypoints, peers, policies, services)
                        .compile(seen);
        return new Cluster(services, workloads);
    }
}
