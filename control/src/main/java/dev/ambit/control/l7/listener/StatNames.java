package dev.ambit.control.l7.listener;

import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.ServicePort;

/// `inboundClusterStatName`: how a chain is called in the proxy's own statistics.
final class StatNames {
    private StatNames() {}

    static String of(String pattern, MeshService service, ServicePort port) {
        return fill(
                pattern,
                service.name() + "." + service.namespace(),
                service.name(),
                service.hostname(),
                port.number(),
                port.name());
    }

    /// Where no service is known.
    static String direct(String pattern) {
        return fill(pattern, "", "", "", 0, "unknown");
    }

    private static String fill(
            String pattern, String shortName, String name, String fqdn, int port, String portName) {
        return pattern.replace("%SERVICE%", shortName)
                .replace("%SERVICE_NAME%", name)
                .replace("%SERVICE_FQDN%", fqdn)
                .replace("%SUBSET_NAME%", "")
                .replace("%SERVICE_PORT%", String.valueOf(port))
                .replace("%SERVICE_PORT_NAME%", portName);
    }
}
