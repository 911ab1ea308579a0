package dev.ambit.e2e.scenario;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.e2e.mesh.MeshSettings;
import dev.ambit.e2e.mesh.ZtunnelLauncher;
import dev.ambit.e2e.mesh.ZtunnelLauncher.Ambit;
import dev.ambit.e2e.mesh.ZtunnelLauncher.Binary;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// Which ztunnel is on which node. Ambit on both; with `ZTUNNEL_BIN` all four pairs of Ambit and
/// that program.
record Pair(ZtunnelLauncher first, ZtunnelLauncher second) {
    static Stream<Pair> all() {
        var ambit = new Ambit();
        return switch (ZtunnelLauncher.fromEnvironment(System.getenv())) {
            case Ambit() -> Stream.of(new Pair(ambit, ambit));
            case Binary peer ->
                    Stream.of(
                            new Pair(ambit, ambit),
                            new Pair(ambit, peer),
                            new Pair(peer, ambit),
                            new Pair(peer, peer));
        };
    }

    MeshSettings in(MeshSettings settings) {
        return settings.withZtunnels(first, Map.of("node-2", second));
    }

    /// Skips what a real ztunnel does otherwise.
    ///
    /// @param why what it does
    static void onlyAmbit(MeshLab mesh, String why, MeshPod... servedBy) {
        for (MeshPod pod : servedBy) {
            Assumptions.assumeTrue(mesh.ambitServes(pod), why);
        }
    }

    @Override
    public String toString() {
        return name(first) + "-" + name(second);
    }

    private static String name(ZtunnelLauncher ztunnel) {
        return switch (ztunnel) {
            case Ambit() -> "ambit";
            case Binary(var program) ->
                    Optional.ofNullable(program.getFileName()).orElse(program).toString();
        };
    }
}
