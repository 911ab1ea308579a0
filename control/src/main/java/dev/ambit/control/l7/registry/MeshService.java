package dev.ambit.control.l7.registry;

import dev.ambit.control.compile.TrafficDistribution;
import dev.ambit.control.resource.Origin;
import dev.ambit.mesh.model.ServiceKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A Kubernetes service, or one host of a ServiceEntry.
///
/// @param key namespace and hostname
/// @param name of the resource: the Kubernetes name, or the hostname for a ServiceEntry
/// @param resource name of the Kubernetes object that it is from (Service or ServiceEntry)
/// @param external outside the mesh (`MESH_EXTERNAL`)
/// @param addresses virtual addresses that a waypoint of this cluster answers for, IPs and CIDR
///   blocks, all families; empty for a headless one
/// @param created empty when the resource does not say
/// @param exportTo namespaces, `.` resolved to its own; empty or `*`: all
/// @param selector of its endpoints, empty when they are not chosen by labels
/// @param subjectAltNames names that its servers prove, of a ServiceEntry
/// @param localOnly only endpoints of the caller's node take its traffic
/// @param publishNotReady endpoints that are not ready take traffic too
/// @param headless without a virtual address, on purpose
/// @param global other clusters may use it, and its endpoints are in all of them
public record MeshService(
        ServiceKey key,
        String name,
        String resource,
        Origin origin,
        Source source,
        Resolution resolution,
        boolean external,
        List<String> addresses,
        List<ServicePort> ports,
        Map<String, String> labels,
        Map<String, String> annotations,
        Map<String, String> selector,
        Optional<Instant> created,
        Set<String> exportTo,
        List<String> subjectAltNames,
        TrafficDistribution distribution,
        boolean localOnly,
        boolean publishNotReady,
        boolean headless,
        boolean global) {

    public MeshService {
        addresses = List.copyOf(addresses);
        ports = List.copyOf(ports);
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
        selector = Map.copyOf(selector);
        exportTo = Set.copyOf(exportTo);
        subjectAltNames = List.copyOf(subjectAltNames);
    }

    public enum Source {
        KUBERNETES,
        SERVICE_ENTRY
    }

    /// How its endpoints are found.
    public enum Resolution {
        /// Endpoints are known: pods, slices, `STATIC` entries.
        STATIC,
        DNS,
        DNS_ROUND_ROBIN,
        /// `NONE`: the address that the client asked for.
        PASSTHROUGH,
        DYNAMIC_DNS
    }

    public String hostname() {
        return key.hostname();
    }

    public String namespace() {
        return key.namespace();
    }

    public Optional<ServicePort> port(int number) {
        return ports.stream().filter(p -> p.number() == number).findFirst();
    }
}
