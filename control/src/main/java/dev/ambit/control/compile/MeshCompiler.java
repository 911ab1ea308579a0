package dev.ambit.control.compile;

import dev.ambit.control.compile.MeshModel.CompiledPolicy;
import dev.ambit.control.resource.AuthorizationPolicy;
import dev.ambit.control.resource.PeerAuthentication;
import dev.ambit.control.resource.ResourceSet;
import java.util.ArrayList;

/// Resources to the mesh model: a pure function.
public final class MeshCompiler {
    private MeshCompiler() {}

    public static MeshModel compile(ResourceSet input, CompileSettings settings) {
        var surroundings = Surroundings.of(input, settings);
        var waypoints = new Waypoints(input, surroundings);
        var peers =
                new PeerAuthentications(
                        input.all(PeerAuthentication.class), input.mesh().rootNamespace());
        var services = new ServiceCompiler(surroundings, waypoints).compile(input);
        var policies = new ArrayList<CompiledPolicy>();
        var compiler = new PolicyCompiler(surroundings);
        input.all(AuthorizationPolicy.class)
                .forEach(p -> compiler.compile(p).ifPresent(policies::add));
        policies.addAll(peers.policies());
        policies.addAll(waypoints.policies());
        var workloads =
                new WorkloadCompiler(surroundings, waypoints, peers, policies, services)
                        .compile(input);
        return new MeshModel(input.mesh().trustDomain(), workloads, services, policies);
    }
}
