package dev.ambit.control.resource;

import dev.ambit.mesh.model.Cidr;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.List;

/// What a cluster would have decided: where hand-written pods run and from which ranges pods and
/// services get their addresses. IPv4 only.
///
/// @param nodes nodes that pods are placed on, at least one, in the order of placement
/// @param services range for services without `clusterIP`
public record PlanSettings(List<PlannedNode> nodes, Cidr services) {
    public PlanSettings {
        nodes = List.copyOf(nodes);
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("nodes: none (expected: at least one)");
        }
        nodes.forEach(n -> requireIpv4(n.pods()));
        requireIpv4(services);
    }

    /// @param pods range of the pods' addresses on this node, at most 16 bits wide
    public record PlannedNode(String name, Cidr pods) {}

    /// Nodes `node-1` to `node-n` with pods in `10.42.<n>.0/24`, services in `10.43.0.0/16`.
    public static PlanSettings laptop(int nodes) {
        var planned = new ArrayList<PlannedNode>();
        for (int i = 1; i <= nodes; i++) {
            planned.add(new PlannedNode("node-" + i, cidr("10.42." + i + ".0/24")));
        }
        return new PlanSettings(planned, cidr("10.43.0.0/16"));
    }

    private static void requireIpv4(Cidr range) {
        if (!(range.address() instanceof Inet4Address)) {
            throw new IllegalArgumentException("range: " + range + " (expected: an IPv4 range)");
        }
    }

    private static Cidr cidr(String text) {
        return Addresses.range(text).orElseThrow();
    }
}
