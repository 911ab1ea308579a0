package dev.ambit.e2e.mesh;

import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.PlanSettings;
import dev.ambit.control.resource.Pod;
import dev.ambit.control.resource.PodPlanner;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.WaypointPlanner;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.e2e.lab.LabFault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The YAML of a directory, planned exactly as the control plane plans it, so that both agree on
/// which pod has which address on which node without telling each other.
record Manifests(ResourceSet resources) {
    private static final YamlLimits LIMITS = new YamlLimits(16 << 20, 100_000, 50, 64);
    private static final int MOST_FILES = 10_000;

    static Manifests read(Path directory, int nodes) {
        try {
            var input = DirectorySource.readOnce(directory, LIMITS, MOST_FILES);
            return new Manifests(
                    PodPlanner.plan(WaypointPlanner.plan(input), PlanSettings.laptop(nodes))
                            .complete());
        } catch (IOException e) {
            throw new LabFault("cannot read the YAML of " + directory + ": " + e.getMessage(), e);
        }
    }

    /// Pods that the lab can run: with a node and an address of their own.
    List<Pod> pods() {
        return resources.all(Pod.class).stream()
                .filter(pod -> !pod.spec().hostNetwork())
                .filter(pod -> !pod.reachableAddresses().isEmpty())
                .toList();
    }

    List<String> problems() {
        return resources.problems().stream()
                .filter(problem -> problem.severity() == Problem.Severity.ERROR)
                .map(Problem::toString)
                .toList();
    }

    /// Whether the lab is to run a waypoint in it.
    static boolean waypoint(Pod pod) {
        return pod.meta().label(Names.GATEWAY_MANAGED).equals(Names.MESH_CONTROLLER);
    }

    static boolean enrolled(Pod pod) {
        return pod.meta().annotation(Names.REDIRECTION).equals("enabled");
    }
}
