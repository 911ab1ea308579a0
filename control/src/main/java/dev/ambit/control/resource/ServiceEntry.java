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

    /// Where one of its hosts is reached, IP addresses and CIDR blocks: what was written for all of
    /// them, else what was allocated for the host.
    public List<String> addressesOf(String host) {
        if (!addresses.isEmpty()) {
            return addresses;
        }
        // A wildcard is no name that an address could be for, unless somebody resolves it later.
        boolean named = !host.startsWith("*") || resolution == Resolution.DYNAMIC_DNS;
        boolean allocates =
                resolution != Resolution.NONE
                        && !meta.label(Names.AUTO_ALLOCATE).equalsIgnoreCase("false");
        if (!named || !allocates) {
            return List.of();
        }
        return statusAddresses.stream()
                .filter(a -> a.host().equals(host) && Addresses.ip(a.value()).isPresent())
                .map(Allocated::value)
                .toList();
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
