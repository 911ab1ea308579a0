package dev.ambit.control.l7.cluster;

import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.Finding.Level;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.traffic.ClientTls;
import dev.ambit.control.resource.traffic.DestinationRule;
import dev.ambit.control.resource.traffic.LoadBalancer;
import dev.ambit.control.resource.traffic.OutlierDetection;
import dev.ambit.control.resource.traffic.TrafficPolicy;
import dev.ambit.mesh.model.ServiceKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What of DestinationRules has no effect before a waypoint's services, and why.
public final class RuleFindings {
    private static final String POLICY = "spec.trafficPolicy";

    private final L7Model model;
    private final Set<ServiceKey> attached = new HashSet<>();
    private final List<Finding> findings = new ArrayList<>();

    private RuleFindings(L7Model model) {
        this.model = model;
        model.mesh().services().stream()
                .filter(s -> s.waypoint().isPresent())
                .map(CompiledService::key)
                .forEach(attached::add);
    }

    public static List<Finding> of(L7Model model) {
        var found = new RuleFindings(model);
        model.input().all(DestinationRule.class).forEach(found::look);
        return List.copyOf(found.findings);
    }

    private void look(DestinationRule rule) {
        var services =
                rule.host().startsWith("*")
                        ? model.registry().services().stream()
                                .filter(s -> s.hostname().endsWith(rule.host().substring(1)))
                                .toList()
                        : model.registry().named(rule.host());
        hosts(rule, services);
        if (rule.workloadSelector().isPresent()) {
            add(
                    rule,
                    "no-effect-at-waypoint",
                    "spec.workloadSelector",
                    "no waypoint uses a rule for chosen clients for its services; as in Istio it"
                            + " also hides a wildcard rule of the same namespace",
                    "remove the selector");
        }
        rule.policy().ifPresent(p -> policy(rule, POLICY, p));
        for (int i = 0; i < rule.subsets().size(); i++) {
            var subset = rule.subsets().get(i);
            var field = "spec.subsets[" + i + "]";
            subset.policy().ifPresent(p -> policy(rule, field + ".trafficPolicy", p));
            if (!services.isEmpty() && services.stream().noneMatch(s -> has(s, subset))) {
                add(
                        rule,
                        "subset-without-endpoints",
                        field + ".labels",
                        "no endpoint of '"
                                + rule.host()
                                + "' has the labels of subset '"
                                + subset.name()
                                + "': requests to it get 503",
                        "correct the labels, or remove the subset");
            }
        }
    }

    private boolean has(MeshService service, DestinationRule.Subset subset) {
        boolean known =
                switch (service.resolution()) {
                    case STATIC, DNS -> true;
                    case DNS_ROUND_ROBIN, PASSTHROUGH, DYNAMIC_DNS -> false;
                };
        return !known
                || model.registry().endpoints(service).stream()
                        .anyMatch(
                                e -> e.labels().entrySet().containsAll(subset.labels().entrySet()));
    }

    private void hosts(DestinationRule rule, List<MeshService> services) {
        if (services.isEmpty()) {
            add(
                    rule,
                    "rule-for-unknown-host",
                    "spec.host",
                    "'" + rule.host() + "' is no host of any Service or ServiceEntry",
                    "correct the host: a short name is completed with the rule's namespace");
        } else if (services.stream().noneMatch(s -> attached.contains(s.key()))) {
            findings.add(
                    new Finding(
                            Level.INFO,
                            "rule-without-waypoint",
                            rule.key(),
                            rule.meta(),
                            "spec.host",
                            "no waypoint stands before '"
                                    + rule.host()
                                    + "': only waypoints that call it by a route use the rule",
                            "put a waypoint before the service (label istio.io/use-waypoint)"));
        }
    }

    private void policy(DestinationRule rule, String field, TrafficPolicy policy) {
        parts(rule, field, policy.loadBalancer(), policy.outlierDetection(), policy.tls());
        for (int i = 0; i < policy.ports().size(); i++) {
            var port = policy.ports().get(i);
            parts(
                    rule,
                    field + ".portLevelSettings[" + i + "]",
                    port.loadBalancer(),
                    port.outlierDetection(),
                    port.tls());
        }
    }

    private void parts(
            DestinationRule rule,
            String field,
            Optional<LoadBalancer> balancer,
            Optional<OutlierDetection> outlier,
            Optional<ClientTls> tls) {
        if (balancer.map(LoadBalancer::zoneAware).orElse(false)) {
            add(
                    rule,
                    "no-effect-at-waypoint",
                    field + ".loadBalancer.zoneAwareLbSetting",
                    "waypoints do not know where each other are, which this needs",
                    "use localityLbSetting, or trafficDistribution of the Service");
        }
        boolean ordered =
                balancer.flatMap(LoadBalancer::locality)
                        .map(l -> !l.failover().isEmpty() || !l.failoverPriority().isEmpty())
                        .orElse(false);
        if (ordered && outlier.isEmpty()) {
            add(
                    rule,
                    "no-effect-at-waypoint",
                    field + ".loadBalancer.localityLbSetting",
                    "without outlierDetection no endpoint is ever seen to fail, so that traffic"
                            + " stays where it is",
                    "add outlierDetection, {} is enough");
        }
        if (outlier.map(o -> !o.errorCodes().isEmpty()).orElse(false)) {
            add(
                    rule,
                    "no-effect-at-waypoint",
                    field + ".outlierDetection.outlierDetectionHttpErrorCodes",
                    "not used before a waypoint's own services, as in Istio: 5xx count there",
                    "use consecutive5xxErrors and consecutiveGatewayErrors");
        }
        if (tls.map(t -> t.mode() == ClientTls.Mode.ISTIO_MUTUAL).orElse(false)) {
            add(
                    rule,
                    "no-effect-at-waypoint",
                    field + ".tls.mode",
                    "ISTIO_MUTUAL: a waypoint's tunnels are the mesh's own mTLS already",
                    "remove tls");
        }
    }

    private void add(DestinationRule rule, String code, String field, String message, String fix) {
        findings.add(
                new Finding(Level.WARNING, code, rule.key(), rule.meta(), field, message, fix));
    }
}
