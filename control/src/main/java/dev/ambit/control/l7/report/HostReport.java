package dev.ambit.control.l7.report;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.Resource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Services that are in each other's way: the same name, or the same address.
final class HostReport {
    private final Map<Resource.Key, Resource> resources = new HashMap<>();
    private final List<Finding> findings = new ArrayList<>();

    private HostReport() {}

    static List<Finding> of(L7Model model) {
        var report = new HostReport();
        model.input().resources().forEach(r -> report.resources.put(r.key(), r));
        var byHostname = new HashMap<String, MeshService>();
        var byAddress = new HashMap<String, MeshService>();
        for (var service : model.registry().services()) {
            var namesake = byHostname.putIfAbsent(service.hostname(), service);
            if (namesake != null) {
                report.sameName(model, service, namesake);
            }
            for (var address : service.addresses()) {
                var neighbour = byAddress.putIfAbsent(address, service);
                if (neighbour != null && namesake == null) {
                    report.sameAddress(service, neighbour, address);
                }
            }
        }
        return List.copyOf(report.findings);
    }

    private void sameName(L7Model model, MeshService service, MeshService other) {
        var preferred =
                model.registry()
                        .service(service.hostname(), "")
                        .map(HostReport::named)
                        .orElseGet(() -> named(other));
        add(
                service,
                "host-conflict",
                "spec.hosts",
                "'%s' is a host of %s too: outside of these namespaces, %s is meant"
                        .formatted(service.hostname(), named(other), preferred),
                "give one of them another host, or limit it with exportTo");
    }

    private void sameAddress(MeshService service, MeshService other, String address) {
        boolean sameResource = key(service).equals(key(other));
        add(
                service,
                "address-conflict",
                "spec.addresses",
                "address %s is also that of host '%s'%s: traffic to it is taken for one of the two"
                        .formatted(
                                address,
                                other.hostname(),
                                sameResource ? "" : " (" + named(other) + ")"),
                sameResource
                        ? "make a ServiceEntry for each host, or leave addresses out so that each"
                                + " gets its own"
                        : "use an address of its own");
    }

    private void add(MeshService service, String code, String field, String message, String fix) {
        Optional.ofNullable(resources.get(key(service)))
                .ifPresent(resource ->
                        findings.add(
                                new Finding(
                                        Finding.Level.WARNING,
                                        code,
                                        resource.key(),
                                        resource.meta(),
                                        service.source() == MeshService.Source.KUBERNETES
                                                ? ""
                                                : field,
                                        message,
                                        fix)));
    }

    private static Resource.Key key(MeshService service) {
        var kind =
                switch (service.source()) {
                    case KUBERNETES -> "Service";
                    case SERVICE_ENTRY -> "ServiceEntry";
                };
        return new Resource.Key(kind, service.namespace(), service.resource());
    }

    private static String named(MeshService service) {
        return Objects.toString(key(service));
    }
}
