package dev.ambit.cli;

import dev.ambit.control.OfflineMesh;
import dev.ambit.control.l7.WaypointRenderer;
import dev.ambit.control.l7.WaypointScopes;
import dev.ambit.control.l7.report.ConfigText;
import dev.ambit.control.l7.report.Output;
import dev.ambit.control.l7.secret.Secrets;
import dev.ambit.control.resource.Gateway;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What a waypoint would be sent.
@Command(
        name = "xds",
        description = "Print what a waypoint would be sent for a directory of YAML.",
        mixinStandardHelpOptions = true)
final class XdsCommand implements Callable<Integer> {
    private static final String KIND = "waypoint/";

    @Mixin private MeshOptions mesh = new MeshOptions();

    @Option(
            names = "--proxy",
            required = true,
            description = "waypoint/NAME, or waypoint/NAMESPACE/NAME where several have that name")
    private String proxy = "";

    @Option(
            names = {"-n", "--namespace"},
            defaultValue = "",
            description = "namespace of the waypoint")
    private String namespace = "";

    @Option(
            names = "--type",
            split = ",",
            defaultValue = "CDS,EDS,LDS,SDS,WDS",
            description = "any of cds, eds, lds, sds, wds (default: all)")
    private List<ConfigText.Type> types = List.of();

    @Option(
            names = "--name",
            defaultValue = "",
            description = "only resources with this in their name")
    private String name = "";

    @Option(
            names = {"-o", "--output"},
            defaultValue = "YAML",
            description = "yaml or json (default: yaml)")
    private Format format = Format.YAML;

    enum Format {
        YAML,
        JSON
    }

    @Override
    public Integer call() {
        try {
            var read = mesh.read();
            var node = read.node(waypoint(read));
            var model = read.model();
            var config = WaypointRenderer.of(WaypointScopes.of(model, node));
            var secrets = Secrets.of(model);
            var tree = ConfigText.of(config, n -> secrets.find(n, node), types, name);
            System.out.print(
                    switch (format) {
                        case YAML -> Output.yaml(tree);
                        case JSON -> Output.json(tree);
                    });
            return 0;
        } catch (IOException | IllegalArgumentException failed) {
            System.err.println("ambit xds: " + failed.getMessage());
            return 2;
        }
    }

    private Gateway waypoint(OfflineMesh read) {
        var waypoints = read.waypoints();
        var wanted = proxy.startsWith(KIND) ? proxy.substring(KIND.length()) : "";
        var found =
                waypoints.stream()
                        .filter(w ->
                                w.meta().path().equals(wanted) || w.meta().name().equals(wanted))
                        .filter(w -> namespace.isEmpty() || w.meta().namespace().equals(namespace))
                        .toList();
        if (found.size() != 1) {
            throw new IllegalArgumentException(
                    "--proxy: '"
                            + proxy
                            + "'"
                            + (found.isEmpty() ? "" : " is the name of several")
                            + " (expected: one of "
                            + waypoints.stream()
                                    .map(w -> KIND + w.meta().path())
                                    .collect(Collectors.joining(", "))
                            + ")");
        }
        return found.getFirst();
    }
}
