package dev.ambit.control.l7.cluster;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.traffic.DestinationRule;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Which DestinationRule is in effect for a service, seen from a waypoint. The namespace is looked
/// at first and how exactly a host is named second: a wildcard of the waypoint's namespace beats
/// the exact host of the service's. Rules of one namespace for one host are merged, oldest first.
public final class DestinationRules {
    private static final String ALL = "*";

    private final String root;

    /// Rules of a namespace as its own waypoints see them.
    private final Map<String, ByHost> own = new HashMap<>();

    /// Rules of a namespace that others may see.
    private final Map<String, ByHost> exported = new HashMap<>();

    /// Rules that the root namespace keeps to itself.
    private final ByHost rootOnly = new ByHost();

    /// @param rule merged from all of `from`
    record Merged(DestinationRule rule, Set<String> exportTo, List<DestinationRule> from) {
        Merged {
            exportTo = Set.copyOf(exportTo);
            from = List.copyOf(from);
        }
    }

    private DestinationRules(String root) {
        this.root = root;
    }

    public static DestinationRules of(ResourceSet input) {
        var rules = new DestinationRules(input.mesh().rootNamespace());
        var written = new ArrayList<>(input.all(DestinationRule.class));
        written.addAll(GatewayPolicies.rules(input));
        // Those for chosen clients come first.
        written.sort(
                Comparator.comparing((DestinationRule r) -> r.workloadSelector().isEmpty())
                        .thenComparing(r -> r.meta().created().orElse(Instant.MAX)));
        boolean privately = input.mesh().traffic().exportTo().contains(".");
        for (var rule : written) {
            rules.add(rule, privately);
        }
        return rules;
    }

    private void add(DestinationRule written, boolean privately) {
        var namespace = written.meta().namespace();
        var rule = written;
        Set<String> to =
                rule.workloadSelector().isPresent() ? Set.of(".") : Set.copyOf(rule.exportTo());
        if (to.isEmpty() || to.contains(ALL) || to.contains(".") || to.contains(namespace)) {
            own.computeIfAbsent(namespace, n -> new ByHost()).add(rule, to);
        }
        boolean kept =
                to.isEmpty()
                        ? privately
                        : to.size() == 1 && (to.contains(".") || to.contains(namespace));
        if (!kept) {
            exported.computeIfAbsent(namespace, n -> new ByHost()).add(rule, to);
        } else if (namespace.equals(root)) {
            rootOnly.add(rule, to);
        }
    }

    /// The rule that a waypoint calls a service by, merged from all that apply.
    public Optional<DestinationRule> find(WaypointScope scope, MeshService service) {
        return find(scope.node().namespace(), service.hostname(), service.namespace());
    }

    /// For a service that is only called: a rule for chosen clients counts where it chooses the
    /// waypoint's pod.
    Optional<DestinationRule> findCalled(WaypointScope scope, MeshService service) {
        var node = scope.node();
        return candidates(node.namespace(), service.hostname(), service.namespace()).stream()
                .map(Merged::rule)
                .filter(r -> r.meta().namespace().equals(node.namespace()))
                .filter(r ->
                        r.workloadSelector()
                                .map(l -> node.labels().entrySet().containsAll(l.entrySet()))
                                .orElse(false))
                .findFirst()
                .or(() -> find(scope, service));
    }

    Optional<DestinationRule> find(String client, String host, String namespace) {
        return candidates(client, host, namespace).stream()
                .filter(m -> m.rule().workloadSelector().isEmpty())
                .reduce((first, last) -> last)
                .map(Merged::rule);
    }

    private List<Merged> candidates(String client, String host, String namespace) {
        var mine =
                client.equals(root)
                        ? rootOnly.match(host)
                        : own.getOrDefault(client, ByHost.NONE).match(host);
        if (!mine.isEmpty()) {
            return mine;
        }
        var offered = offered(namespace, host, client);
        return offered.isEmpty() ? offered(root, host, client) : offered;
    }

    private List<Merged> offered(String by, String host, String client) {
        return exported.getOrDefault(by, ByHost.NONE).match(host).stream()
                .filter(m ->
                        m.exportTo().isEmpty()
                                || m.exportTo().contains(ALL)
                                || m.exportTo().contains(client))
                .toList();
    }
}
