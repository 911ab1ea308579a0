package dev.ambit.control.l7.cluster;

import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.Service;
import dev.ambit.control.resource.ServiceEntry;
import dev.ambit.control.resource.data.ConfigMap;
import dev.ambit.control.resource.traffic.BackendTlsPolicy;
import dev.ambit.control.resource.traffic.BackendTlsPolicy.Roots;
import dev.ambit.control.resource.traffic.BackendTlsPolicy.Target;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which BackendTLSPolicies are in effect for which of their targets. Of two for the same target
/// the older one is, then the one that is first by name.
public final class BackendPolicies {
    private static final String IGNORED = "istio.io/ignore-policy-attachment";
    private static final String ENTRIES = "networking.istio.io";
    private static final String CERTIFICATE = "ca.crt";
    private static final String PEM = "-----BEGIN CERTIFICATE-----";

    private final Map<Resource.Key, Resource> resources = new HashMap<>();
    private final List<BackendTlsPolicy> policies;

    /// @param outcomes one for each target
    public record Judged(BackendTlsPolicy policy, List<Outcome> outcomes) {
        public Judged {
            outcomes = List.copyOf(outcomes);
        }
    }

    public sealed interface Outcome {
        record InEffect() implements Outcome {}

        record Ignored(String why) implements Outcome {}

        record NoTarget(String why) implements Outcome {}

        record Conflicted(String older) implements Outcome {}

        /// In effect, and nobody can be trusted.
        ///
        /// @param reason of the condition `ResolvedRefs`
        record NoRoots(String reason, String why) implements Outcome {}
    }

    /// What a target is called by, and its ports by name.
    record Reached(String suffix, String host, Map<String, Integer> ports) {}

    private BackendPolicies(ResourceSet input) {
        for (var resource : input.resources()) {
            if (resource instanceof Service
                    || resource instanceof ServiceEntry
                    || resource instanceof ConfigMap) {
                resources.put(resource.key(), resource);
            }
        }
        policies = new ArrayList<>(input.all(BackendTlsPolicy.class));
        policies.sort(
                Comparator.comparing((BackendTlsPolicy p) -> p.meta().created().orElse(Instant.MAX))
                        .thenComparing(p -> p.meta().namespace())
                        .thenComparing(p -> p.meta().name()));
    }

    static BackendPolicies of(ResourceSet input) {
        return new BackendPolicies(input);
    }

    /// Oldest first.
    public static List<Judged> judge(ResourceSet input) {
        return input.all(BackendTlsPolicy.class).isEmpty()
                ? List.of()
                : new BackendPolicies(input).judge();
    }

    List<Judged> judge() {
        return policies.stream()
                .map(p -> new Judged(p, p.targets().stream().map(t -> outcome(p, t)).toList()))
                .toList();
    }

    private Outcome outcome(BackendTlsPolicy policy, Target target) {
        if (policy.meta().annotation(IGNORED).equalsIgnoreCase("true")) {
            return new Outcome.Ignored("ignored as its annotation " + IGNORED + " says");
        }
        var missing = missing(policy, target);
        if (missing.isPresent()) {
            return new Outcome.NoTarget("targetRefs invalid: " + missing.get());
        }
        for (var other : policies) {
            if (other.equals(policy)) {
                break;
            }
            if (other.meta().namespace().equals(policy.meta().namespace())
                    && other.targets().contains(target)) {
                return new Outcome.Conflicted(other.meta().name());
            }
        }
        return roots(policy);
    }

    private Optional<String> missing(BackendTlsPolicy policy, Target target) {
        var reached = reached(policy, target);
        if (reached.isEmpty()) {
            return Optional.of(
                    "there is no " + target.kind() + " " + target.name() + " in this namespace");
        }
        return target.section()
                .filter(s -> !reached.getFirst().ports().containsKey(s))
                .map(s -> "sectionName \"" + s + "\" does not exist in " + target.name());
    }

    private Outcome roots(BackendTlsPolicy policy) {
        return switch (policy.roots()) {
            case Roots.OfSystem() -> new Outcome.InEffect();
            case Roots.Unusable(var why) -> new Outcome.NoRoots("InvalidKind", why);
            case Roots.ConfigMap(var name) -> {
                var map =
                        resources.get(
                                new Resource.Key("ConfigMap", policy.meta().namespace(), name));
                if (!(map instanceof ConfigMap found)) {
                    yield new Outcome.NoRoots(
                            "InvalidCACertificateRef", "there is no ConfigMap " + name);
                }
                yield found.data().getOrDefault(CERTIFICATE, "").contains(PEM)
                        ? new Outcome.InEffect()
                        : new Outcome.NoRoots(
                                "InvalidCACertificateRef",
                                "ConfigMap " + name + " has no certificate under " + CERTIFICATE);
            }
        };
    }

    /// One for each host of the target; none when there is no such target.
    List<Reached> reached(BackendTlsPolicy policy, Target target) {
        var namespace = policy.meta().namespace();
        var key = new Resource.Key(target.kind(), namespace, target.name());
        var ports = new HashMap<String, Integer>();
        return switch (resources.get(key)) {
            case Service service when target.group().isEmpty() -> {
                service.ports().forEach(p -> ports.put(p.name(), p.port()));
                yield List.of(
                        new Reached(
                                "", target.name() + "." + namespace + ".svc.cluster.local", ports));
            }
            case ServiceEntry entry when target.group().equals(ENTRIES) -> {
                entry.ports().forEach(p -> ports.put(p.name(), p.number()));
                yield entry.hosts().stream()
                        .map(h -> new Reached("~" + h.replace('.', '-'), h, ports))
                        .toList();
            }
            case null, default -> List.of();
        };
    }
}
