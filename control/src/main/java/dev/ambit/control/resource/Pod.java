package dev.ambit.control.resource;

import java.util.List;
import java.util.Optional;

/// @param spec what was asked for
/// @param status what a cluster reported; empty for a pod that a person wrote
public record Pod(Meta meta, PodSpec spec, Optional<Status> status) implements Resource {

    /// @param phase `Running`, `Pending`, `Succeeded`, `Failed` or empty
    /// @param ips in the order of preference; empty while the pod has none
    public record Status(String phase, List<String> ips, boolean ready) {
        public Status {
            ips = List.copyOf(ips);
        }
    }

    /// Addresses of a pod that can be reached: not finished, and it has an address.
    public List<String> reachableAddresses() {
        return status.filter(s -> !s.phase().equals("Succeeded") && !s.phase().equals("Failed"))
                .map(Status::ips)
                .orElse(List.of());
    }
}
