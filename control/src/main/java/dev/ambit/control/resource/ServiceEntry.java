package dev.ambit.control.resource;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// @param addresses IP addresses and CIDR blocks
/// @param statusAddresses addresses that a controller allocated, per host
public record ServiceEntry(
        Meta meta,
        List<String> hosts,
        List<String> addresses,
        List<Port> ports,
        boolean internal,
        Resolution resolution,
        List<EndpointSpec> endpoints,
        Optional<Map<String, String>> workloadSelector,
        List<String> exportTo,
        List<String> subjectAltNames,
        List<Allocated> statusAddresses)
        implements Resource {

    public ServiceEntry {
        hosts = List.copyOf(hosts);
        addresses = List.copyOf(addresses);
        ports = List.copyOf(ports);
        endpoints = List.copyOf(endpoints);
        exportTo = List.copyOf(exportTo);
        subjectAltNames = List.copyOf(subjectAltNames);
        statusAddresses = List.copyOf(statusAddresses);
    }

    public enum Resolution {
        NONE,
        STATIC,
        DNS,
        DNS_ROUND_ROBIN,
        DYNAMIC_DNS
    }

    /// @param targetPort 0 when not set
    public record Port(int number, String name, String protocol, int targetPort) {}

    /// @param host empty when the address is for every host
    public record Allocated(String value, String host) {}
}
