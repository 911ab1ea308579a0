package dev.ambit.control.compile;

import dev.ambit.control.compile.MeshModel.CompiledPolicy;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.resource.EndpointSlice;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Pod;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One compiled moment, and the way to the next. Pods and their endpoints come and go far more
/// often than anything else changes: then only those are compiled again. The next moment is always
/// equal to what {@link MeshCompiler} makes of its input.
///
/// Where several networks are possible, everything is compiled each time.
public final class MeshCompilation {
    private final ResourceSet input;
    private final CompileSettings settings;
    private final MeshModel model;
    private final List<Resource> rest;
    private final Optional<Parts> parts;

    /// What pods were compiled against, and what came out.
    ///
    /// @param entries of WorkloadEntries and ServiceEntries
    private record Parts(
            MeshCompiler compiler,
            Waypoints waypoints,
            List<CompiledPolicy> policies,
            List<CompiledService> services,
            WorkloadCompiler workloads,
            Remembered<Pod> pods,
            List<CompiledWorkload> entries,
            Remembered<EndpointSlice> slices) {

        List<CompiledWorkload> all() {
            var all = new ArrayList<CompiledWorkload>();
            pods.addTo(all);
            all.addAll(entries);
            slices.addTo(all);
            return all;
        }
    }

    private MeshCompilation(
            ResourceSet input,
            CompileSettings settings,
            MeshModel model,
            List<Resource> rest,
            Optional<Parts> parts) {
        this.input = input;
        this.settings = settings;
        this.model = model;
        this.rest = rest;
        this.parts = parts;
    }

    public static MeshCompilation of(ResourceSet input, CompileSettings settings) {
        return fresh(input, settings, rest(input.resources()));
    }

    public ResourceSet input() {
        return input;
    }

    public MeshModel model() {
        return model;
    }

    /// All that was compiled but pods and slices, of this cluster. It is the same instance as long
    /// as nothing but pods and slices changes, and then so are the model's services and policies.
    public List<Resource> rest() {
        return rest;
    }

    /// The moment after this one.
    public MeshCompilation next(ResourceSet following) {
        var others = rest(following.resources());
        boolean same =
                following.remotes().isEmpty()
                        && following.mesh().equals(input.mesh())
                        && others.equals(rest);
        if (parts.isEmpty() || !same) {
            return fresh(following, settings, others);
        }
        return changed(following, parts.get()).orElseGet(() -> fresh(following, settings, others));
    }

    private static MeshCompilation fresh(
            ResourceSet input, CompileSettings settings, List<Resource> rest) {
        var compiler = new MeshCompiler(input, settings);
        if (compiler.severalNetworks()) {
            return new MeshCompilation(
                    input, settings, compiler.severalNetworksModel(), rest, Optional.empty());
        }
        var waypoints = new Waypoints(input, compiler.surroundings());
        var policies = compiler.policies(waypoints);
        var services =
                List.copyOf(new ServiceCompiler(compiler.surroundings(), waypoints).compile(input));
        var workloads = compiler.workloads(waypoints, policies, services);
        var parts =
                new Parts(
                        compiler,
                        waypoints,
                        policies,
                        services,
                        workloads,
                        Remembered.of(input.all(Pod.class), workloads::pod),
                        workloads.entries(input),
                        Remembered.of(input.all(EndpointSlice.class), workloads::endpoints));
        return of(input, settings, rest, parts);
    }

    private static MeshCompilation of(
            ResourceSet input, CompileSettings settings, List<Resource> rest, Parts parts) {
        var model =
                parts.compiler().model(parts.all(), List.of(), parts.services(), parts.policies());
        return new MeshCompilation(input, settings, model, rest, Optional.of(parts));
    }

    /// Empty when pods have changed that others depend on: those of gateways.
    private Optional<MeshCompilation> changed(ResourceSet following, Parts parts) {
        var pods = following.all(Pod.class);
        var window = Window.of(parts.pods().resources(), pods);
        var gateways =
                window.of(parts.pods().resources()).stream()
                        .filter(MeshCompilation::isGateway)
                        .toList();
        if (!gateways.equals(
                window.of(pods).stream().filter(MeshCompilation::isGateway).toList())) {
            return Optional.empty();
        }
        var slices = following.all(EndpointSlice.class);
        boolean sameSlices = slices.equals(parts.slices().resources());
        var workloads =
                sameSlices
                        ? parts.workloads()
                        : new MeshCompiler(following, settings)
                                .workloads(parts.waypoints(), parts.policies(), parts.services());
        var compiled = parts.pods().next(pods, workloads::pod);
        return Optional.of(
                of(
                        following,
                        settings,
                        rest,
                        new Parts(
                                parts.compiler(),
                                parts.waypoints(),
                                parts.policies(),
                                parts.services(),
                                workloads,
                                sameSlices ? compiled : relisted(compiled, parts, workloads),
                                parts.entries(),
                                parts.slices().next(slices, workloads::endpoints))));
    }

    /// Pods that other slices list than before are compiled again.
    private static Remembered<Pod> relisted(
            Remembered<Pod> pods, Parts before, WorkloadCompiler after) {
        var made = new ArrayList<List<CompiledWorkload>>();
        for (int i = 0; i < pods.resources().size(); i++) {
            var pod = pods.resources().get(i);
            boolean same = after.listing(pod).equals(before.workloads().listing(pod));
            made.add(same ? pods.made().get(i) : after.pod(pod));
        }
        return new Remembered<>(pods.resources(), made);
    }

    private static boolean isGateway(Pod pod) {
        return pod.meta().hasLabel(Names.GATEWAY_NAME);
    }

    /// All but pods and slices.
    public static List<Resource> rest(List<Resource> resources) {
        var rest = new ArrayList<Resource>();
        for (var resource : resources) {
            if (!(resource instanceof Pod) && !(resource instanceof EndpointSlice)) {
                rest.add(resource);
            }
        }
        return List.copyOf(rest);
    }
}
