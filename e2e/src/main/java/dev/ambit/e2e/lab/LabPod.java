package dev.ambit.e2e.lab;

import java.net.InetAddress;
import java.util.Optional;

/// A pod's place in the lab: its namespace and addresses, behind a node.
///
/// @param ordinal among its node's pods, from 0
/// @param uid as Kubernetes gives one to each pod: unique, never reused
public record LabPod(
        Host node,
        String namespace,
        String name,
        String uid,
        int ordinal,
        NetNamespace netns,
        InetAddress address,
        boolean ipv6) {

    public Optional<InetAddress> address6() {
        return ipv6
                ? Optional.of(AddressPlan.literal(AddressPlan.pod6(node.index(), ordinal)))
                : Optional.empty();
    }

    /// The node's end of the pod's cable.
    public String nodeInterface() {
        return "p" + ordinal;
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
