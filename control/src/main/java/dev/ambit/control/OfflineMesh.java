package dev.ambit.control;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompiler;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.WaypointNodes;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Node;
import dev.ambit.control.resource.PlanSettings;
import dev.ambit.control.resource.Pod;
import dev.ambit.control.resource.PodPlanner;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.WaypointPlanner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A directory of YAML read and compiled once, for commands that look at it without serving it.
///
/// @param planned it was written by hand, without what a cluster adds (status, addresses): that was
///   made up, and waypoints are taken to be deployed and ready
/// @param written resources that were read and understood
public record OfflineMesh(ResourceSet input, L7Model model, boolean planned, int written) {
    private static final int PLANNED_NODES = 2;

    /// @throws IOException when the directory can't be listed
    public static OfflineMesh read(Path directory, CompileSettings compile, L7Settings l7)
            throws IOException {
        var limits = ControlLimits.defaults();
        return of(DirectorySource.readOnce(directory, limits.yaml(), limits.files()), compile, l7);
    }

    static OfflineMesh of(ResourceSet read, CompileSettings compile, L7Settings l7) {
        boolean planned = byHand(read);
        var input =
                planned
                        ? PodPlanner.plan(
                                        WaypointPlanner.plan(read),
                                        PlanSettings.laptop(PLANNED_NODES))
                                .complete()
                        : read;
        var mesh = MeshCompiler.compile(input, compile);
        var flags = l7.with(compile.severalNetworks(input), compile.failClosed());
        int written =
                read.resources().size()
                        + read.remotes().values().stream().mapToInt(List::size).sum();
        return new OfflineMesh(input, L7Model.of(input, mesh, flags), planned, written);
    }

    private static boolean byHand(ResourceSet read) {
        return read.all(Node.class).isEmpty()
                && read.all(Pod.class).stream().allMatch(p -> p.status().isEmpty());
    }

    public List<Gateway> waypoints() {
        return input.all(Gateway.class).stream()
                .filter(g -> Names.WAYPOINT_CLASSES.contains(g.className()))
                .toList();
    }

    /// The node that an instance of the Gateway would say it is: its first pod, else one that has
    /// all that the Gateway's controller would give it.
    public WaypointNode node(Gateway gateway) {
        var meta = gateway.meta();
        var pod =
                input.all(Pod.class).stream()
                        .filter(p -> p.meta().namespace().equals(meta.namespace()))
                        .filter(p -> p.meta().label(Names.GATEWAY_NAME).equals(meta.name()))
                        .findFirst();
        var name = pod.map(p -> p.meta().name()).orElse(meta.name() + "-0");
        var ip = pod.flatMap(p -> p.reachableAddresses().stream().findFirst()).orElse("127.0.0.1");
        var id =
                "waypoint~%s~%s.%s~%s.svc.cluster.local"
                        .formatted(ip, name, meta.namespace(), meta.namespace());
        return WaypointNodes.read(id, metadata(gateway, pod, name), model);
    }

    private static Struct metadata(Gateway gateway, Optional<Pod> pod, String name) {
        var meta = gateway.meta();
        var labels =
                pod.map(p -> p.meta().labels())
                        .orElse(
                                Map.of(
                                        Names.GATEWAY_NAME,
                                        meta.name(),
                                        Names.GATEWAY_MANAGED,
                                        Names.MESH_CONTROLLER));
        var account =
                pod.map(p -> p.spec().serviceAccount())
                        .orElse(
                                meta.annotations()
                                        .getOrDefault(Names.GATEWAY_ACCOUNT, meta.name()));
        return Struct.newBuilder()
                .putFields("NAME", text(name))
                .putFields("NAMESPACE", text(meta.namespace()))
                .putFields("SERVICE_ACCOUNT", text(account))
                .putFields("WORKLOAD_NAME", text(meta.name()))
                .putFields("LABELS", texts(labels))
                .putFields(
                        "ANNOTATIONS", texts(pod.map(p -> p.meta().annotations()).orElse(Map.of())))
                .build();
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    private static Value texts(Map<String, String> texts) {
        var struct = Struct.newBuilder();
        texts.forEach((key, value) -> struct.putFields(key, text(value)));
        return Value.newBuilder().setStructValue(struct).build();
    }
}
