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
/// @param otherZtunnels another one, by node
/// @param ztunnelEnvironment variables for each ztunnel besides those it needs; `{node}` in a value
///   is the name of its node
/// @param ztunnelCores the only CPU of a node's ztunnel, by node, where a measurement asks for it
/// @param nameserver of the pods, whose DNS is then turned to ztunnel; empty: there is none
public record MeshSettings(
        Path directory,
        int nodes,
        boolean meshed,
        boolean applications,
        ZtunnelLauncher ztunnel,
        Map<String, ZtunnelLauncher> otherZtunnels,
        Map<String, String> ztunnelEnvironment,
        Map<String, Integer> ztunnelCores,
        Optional<InetAddress> nameserver) {
    public MeshSettings {
        otherZtunnels = Map.copyOf(otherZtunnels);
        ztunnelEnvironment = Map.copyOf(ztunnelEnvironment);
        ztunnelCores = Map.copyOf(ztunnelCores);
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
                Map.of(),
                Map.of(),
                Optional.empty());
    }

    public MeshSettings unmeshed() {
        return copy(nodes, false, applications, ztunnel, otherZtunnels);
    }

    public MeshSettings withNodes(int count) {
        return copy(count, meshed, applications, ztunnel, otherZtunnels);
    }

    public MeshSettings withoutApplications() {
        return copy(nodes, meshed, false, ztunnel, otherZtunnels);
    }

    /// This ztunnel everywhere, but for the nodes named.
    public MeshSettings withZtunnels(
            ZtunnelLauncher everywhere, Map<String, ZtunnelLauncher> others) {
        return copy(nodes, meshed, applications, everywhere, others);
    }

    /// These variables for each ztunnel, in place of any before.
    public MeshSettings withZtunnelEnvironment(Map<String, String> variables) {
        return new MeshSettings(
                directory,
                nodes,
                meshed,
                applications,
                ztunnel,
                otherZtunnels,
                variables,
                ztunnelCores,
                nameserver);
    }

    /// With one more variable for each ztunnel.
    public MeshSettings withZtunnelVariable(String name, String value) {
        var more = new HashMap<>(ztunnelEnvironment);
        more.put(name, value);
        return withZtunnelEnvironment(more);
    }

    /// With DNS redirection in the pods, and this server in their `resolv.conf`.
    public MeshSettings withNameserver(InetAddress address) {
        return new MeshSettings(
                directory,
                nodes,
                meshed,
                applications,
                ztunnel,
                otherZtunnels,
                ztunnelEnvironment,
                ztunnelCores,
                Optional.of(address));
    }

    private MeshSettings copy(
            int count,
            boolean enrolled,
            boolean serving,
            ZtunnelLauncher everywhere,
            Map<String, ZtunnelLauncher> others) {
        return new MeshSettings(
                directory,
                count,
                enrolled,
                serving,
                everywhere,
                others,
                ztunnelEnvironment,
                ztunnelCores,
                nameserver);
    }

    public ZtunnelLauncher ztunnelOf(String node) {
        return otherZtunnels.getOrDefault(node, ztunnel);
    }

    OptionalInt core(String node) {
        Integer core = ztunnelCores.get(node);
        return core == null ? OptionalInt.empty() : OptionalInt.of(core);
    }
}
