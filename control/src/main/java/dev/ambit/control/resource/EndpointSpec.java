package dev.ambit.control.resource;

import java.util.Map;

/// The `spec` of a WorkloadEntry, and an endpoint inside a ServiceEntry.
///
/// @param address an IP address, a DNS name or a `unix://` path; empty when only a network is given
/// @param locality `region/zone/subzone`
/// @param weight 0 when not set
public record EndpointSpec(
        String address,
        Map<String, Integer> ports,
        Map<String, String> labels,
        String network,
        String locality,
        int weight,
        String serviceAccount) {
    public EndpointSpec {
        ports = Map.copyOf(ports);
        labels = Map.copyOf(labels);
    }
}
