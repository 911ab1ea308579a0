package dev.ambit.cli;

import dev.ambit.control.OfflineMesh;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.l7.L7Settings;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// What commands that look at a directory have in common.
final class MeshOptions {
    @Parameters(paramLabel = "DIR", description = "directory with Kubernetes and Istio YAML")
    private Path directory = Path.of("");

    @Option(
            names = "--cluster-id",
            defaultValue = "${env:CLUSTER_ID:-Kubernetes}",
            description = "name of the cluster that the directory describes (default: Kubernetes)")
    private String clusterId = "";

    @Option(
            names = "--fail-open-as-istiod",
            description = "leave open what istiod leaves open, as for `ambit control`")
    private boolean failOpen;

    /// @throws IOException when the directory can't be read
    OfflineMesh read() throws IOException {
        var env = System.getenv();
        var l7 = L7Settings.of(env);
        return OfflineMesh.read(
                directory,
                new CompileSettings(
                        clusterId,
                        isSet("AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY"),
                        isSet("PILOT_AUTO_ALLOW_WAYPOINT_POLICY"),
                        l7.multiNetwork(),
                        !failOpen),
                l7);
    }

    private static boolean isSet(String variable) {
        return System.getenv().getOrDefault(variable, "").equals("true");
    }
}
