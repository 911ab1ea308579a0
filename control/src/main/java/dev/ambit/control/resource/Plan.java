package dev.ambit.control.resource;

import java.util.List;

/// What {@link PodPlanner} decided.
///
/// @param pods only those that were planned (not the ones a cluster had already placed), with a
///   node, an address and, where the enrolment labels say so, the redirection annotation
/// @param services only those that were given an address here
/// @param complete the input with planned pods and services in place of what they were made from
public record Plan(List<Pod> pods, List<Service> services, ResourceSet complete) {
    public Plan {
        pods = List.copyOf(pods);
        services = List.copyOf(services);
    }
}
