package dev.ambit.control.l7.report;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.traffic.DestinationRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// DestinationRules that select nothing.
final class RuleReport {
    private final L7Model model;
    private final List<Finding> findings = new ArrayList<>();

    /// Labels of the endpoints of a service, by `namespace/hostname`.
    private final Map<String, List<Map<String, String>>> endpoints = new HashMap<>();

    private RuleReport(L7Model model) {
        this.model = model;
        for (var workload : model.mesh().workloads()) {
            for (var service : workload.wire().getServicesMap().keySet()) {
                endpoints.computeIfAbsent(service, s -> new ArrayList<>()).add(workload.labels());
            }
        }
    }

    static List<Finding> of(L7Model model) {
        var report = new RuleReport(model);
        model.input().all(DestinationRule.class).forEach(report::look);
        return List.copyOf(report.findings);
    }

    private void look(DestinationRule rule) {
        if (rule.host().startsWith("*")) {
            return;
        }
        var namespace = rule.meta().namespace();
        var hostname =
                rule.host().contains(".")
                        ? rule.host()
                        : rule.host() + "." + namespace + ".svc.cluster.local";
        var service = model.registry().service(hostname, namespace);
        if (service.isEmpty()) {
            add(
                    rule,
                    "rule-for-unknown-host",
                    "spec.host",
                    "there is no service '" + hostname + "': the rule has no effect",
                    "correct the host; a name without dots is one of namespace " + namespace);
            return;
        }
        rule.workloadSelector()
                .ifPresent(s ->
                        add(
                                rule,
                                "no-effect-at-waypoint",
                                "spec.workloadSelector",
                                "rules that select clients are for sidecars: a waypoint does not"
                                        + " use this one",
                                "leave workloadSelector out"));
        for (int i = 0; i < rule.subsets().size(); i++) {
            subset(rule, i, service.get());
        }
    }

    private void subset(DestinationRule rule, int index, MeshService service) {
        var subset = rule.subsets().get(index);
        var all = endpoints.getOrDefault(service.key().toString(), List.of());
        boolean known =
                service.resolution() == MeshService.Resolution.STATIC
                        || service.resolution() == MeshService.Resolution.DNS;
        if (known
                && all.stream()
                        .noneMatch(l -> l.entrySet().containsAll(subset.labels().entrySet()))) {
            add(
                    rule,
                    "subset-without-endpoints",
                    "spec.subsets[" + index + "].labels",
                    "subset '%s' selects none of the %d endpoints of %s: requests to it fail (503)"
                            .formatted(subset.name(), all.size(), service.hostname()),
                    "label the pods " + text(subset.labels()) + ", or correct the subset");
        }
    }

    private static String text(Map<String, String> labels) {
        return labels.entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .sorted()
                .collect(Collectors.joining(","));
    }

    private void add(DestinationRule rule, String code, String field, String message, String fix) {
        findings.add(
                new Finding(
                        Finding.Level.WARNING, code, rule.key(), rule.meta(), field, message, fix));
    }
}
