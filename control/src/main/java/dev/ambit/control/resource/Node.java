package dev.ambit.control.resource;

import java.util.List;

/// @param podCidrs from `spec.podCIDRs`, empty where the cluster does not use them
public record Node(Meta meta, List<String> addresses, List<String> podCidrs) implements Resource {
    public Node {
        addresses = List.copyOf(addresses);
        podCidrs = List.copyOf(podCidrs);
    }
}
