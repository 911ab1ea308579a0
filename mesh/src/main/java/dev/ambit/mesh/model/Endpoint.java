package dev.ambit.mesh.model;

import java.util.Map;

/// One workload behind one service.
///
/// @param ports service port to target port, as this endpoint maps it
public record Endpoint(Workload workload, Map<Integer, Integer> ports) {
    public Endpoint {
        ports = Map.copyOf(ports);
    }
}
