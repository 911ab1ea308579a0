package dev.ambit.e2e.lab;

import java.net.InetAddress;

/// A namespace that stands for a machine: a node, or the one the control plane runs on.
///
/// @param index 0 for the control plane, nodes from 1
public record Host(String name, int index, NetNamespace netns) {
    public boolean isControl() {
        return index == 0;
    }

    public InetAddress address() {
        return AddressPlan.literal(v4());
    }

    String v4() {
        return isControl() ? AddressPlan.CONTROL : AddressPlan.node(index);
    }

    String v6() {
        return isControl() ? AddressPlan.CONTROL6 : AddressPlan.node6(index);
    }

    /// What the far end of a link calls its interface to this host.
    String shortName() {
        return isControl() ? "ctl" : "n" + index;
    }
}
