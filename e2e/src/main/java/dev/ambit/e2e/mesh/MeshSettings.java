package dev.ambit.e2e.mesh;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// What a mesh in the lab is made of.
///
/// @param directory YAML that the control plane reads and follows
/// @param nodes how many; named `node-1` and so on
/// @param meshed whether pods are enrolled; otherwise the same pods without a mesh
/// @param applications whether pods with ports get a server
/// @param ztunnel which ztunnel
/// @param ztunnelEnvironment variables for each ztunnel besides those it needs
/// @param ztunnelCores the only CPU of a node's ztunnel, by node, where a measurement asks for it
/// @param nameserver of the pods, whose DNS is then turned to ztunnel; empty: there is none
public record MeshSettings(
        Path directory,
        int nodes,
        boolean meshed,
        boolean applications,
        ZtunnelLauncher ztunnel,
        Map<String, String> ztunnelEnvironment,
        Map<String, Integer> ztunnelCores,
        Optional<InetAddress> nameserver) {
    public MeshSettings {
        ztunnelEnvironment = Map.copyOf(ztunnelEnvironment);
        ztunnelCores = Map.copyOf(ztunnelCores);
    }

    /// Without DNS.
    public MeshSettings(
            Path directory,
            int nodes,
            boolean meshed,
            boolean applications,
            ZtunnelLauncher ztunnel,
            Map<String, String> ztunnelEnvironment,
            Map<String, Integer> ztunnelCores) {
        this(
                directory,
                nodes,
                meshed,
                applications,
                ztunnel,
                ztunnelEnvironment,
                ztunnelCores,
                Optional.empty());
    }

    /// Two nodes, enrolled, with servers, and the ztunnel that the environment asks for.
    public static MeshSettings of(Path directory) {
        return new MeshSettings(
                directory,
                2,
                true,
                true,
                ZtunnelLauncher.fromEnvironment(System.getenv()),
                Map.of(),
                Map.of());
    }

    public MeshSettings unmeshed() {
        return new MeshSettings(
                directory,
                nodes,
                false,
                applications,
                ztunnel,
                ztunnelEnvironment,
                ztunnelCores,
                nameserver);
    }

    public MeshSettings withNodes(int count) {
        return new MeshSettings(
                directory,
                count,
                meshed,
                applications,
                ztunnel,
                ztunnelEnvironment,
                ztunnelCores,
                nameserver);
    }

    public MeshSettings withoutApplications() {
        return new MeshSettings(
                directory,
                nodes,
                meshed,
                false,
                ztunnel,
                ztunnelEnvironment,
                ztunnelCores,
                nameserver);
    }

    /// With DNS redirection in the pods, and this server in their `resolv.conf`.
    public MeshSettings withNameserver(InetAddress address) {
        return new MeshSettings(
                directory,
                nodes,
                meshed,
                applications,
                ztunnel,
                ztunnelEnvironment,
                ztunnelCores,
                Optional.of(address));
    }

    /// With one more variable for each ztunnel.
    public MeshSettings withZtunnelVariable(String name, String value) {
        var more = new HashMap<>(ztunnelEnvironment);
        more.put(name, value);
        return new MeshSettings(
                directory, nodes, meshed, applications, ztunnel, more, ztunnelCores, nameserver);
    }

    OptionalInt core(String node) {
        Integer core = ztunnelCores.get(node);
        return core == null ? OptionalInt.empty() : OptionalInt.of(core);
    }
}
