package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.Finding.Level;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.registry.Protocol;
import dev.ambit.control.resource.AuthorizationPolicy;
import dev.ambit.control.resource.AuthorizationPolicy.Action;
import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.observe.ExtensionProvider;
import dev.ambit.control.resource.observe.ExtensionProvider.EnvoyExtAuthzGrpc;
import dev.ambit.control.resource.observe.ExtensionProvider.EnvoyExtAuthzHttp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// CUSTOM policies whose provider is not asked as they want.
final class CustomFindings {
    private static final String PROVIDER = "spec.provider.name";

    private final L7Model model;
    private final PolicyTargets targets;
    private final Map<String, String> classes = new HashMap<>();
    private final Set<AuthorizationPolicy> crowded = new HashSet<>();
    private final List<Finding> findings = new ArrayList<>();

    private CustomFindings(L7Model model, PolicyTargets targets) {
        this.model = model;
        this.targets = targets;
        model.input().all(Gateway.class).forEach(g -> classes.put(g.meta().path(), g.className()));
    }

    static List<Finding> of(L7Model model, PolicyTargets targets) {
        var all = new CustomFindings(model, targets);
        for (var policy : model.input().all(AuthorizationPolicy.class)) {
            boolean asks =
                    policy.action() == Action.CUSTOM
                            && !policy.targets().isEmpty()
                            && !policy.standIn();
            if (asks && RuleSet.rehearsal(policy)) {
                all.add(
                        Level.WARNING,
                        "custom-rehearsal-without-effect",
                        policy,
                        "metadata.annotations[istio.io/dry-run]",
                        "a CUSTOM policy that only rehearses asks nobody and reports nothing",
                        "remove the annotation to have the provider asked");
            } else if (asks) {
                all.provider(policy);
            }
        }
        if (!model.settings().multipleCustomProviders()) {
            targets.all().forEach(all::crowded);
        }
        return all.findings;
    }

    private void provider(AuthorizationPolicy policy) {
        switch (model.policies().providers().of(policy.provider())) {
            case ExtAuthz.Unusable unusable ->
                    add(
                            Level.ERROR,
                            "provider-unusable",
                            policy,
                            PROVIDER,
                            unusable.why() + ": what it would be asked about is refused",
                            "correct the provider in extensionProviders of the mesh configuration"
                                    + " or its name here");
            case ExtAuthz.Usable usable -> {
                if (usable.tcp().isEmpty()) {
                    notOnTcp(policy);
                }
                unused(policy);
            }
        }
    }

    private void notOnTcp(AuthorizationPolicy policy) {
        var ports = new TreeSet<String>();
        for (var target : policy.targets()) {
            for (var served : targets.named(policy.meta(), target)) {
                served.service().ports().stream()
                        .filter(p -> tcpOnly(p.protocol()))
                        .forEach(p -> ports.add(served.service().name() + ":" + p.number()));
            }
        }
        if (!ports.isEmpty()) {
            add(
                    Level.WARNING,
                    "custom-not-on-tcp",
                    policy,
                    PROVIDER,
                    "a provider that speaks HTTP is not asked about ports without HTTP: "
                            + String.join(", ", ports)
                            + " are open to whom other policies let in",
                    "use an envoyExtAuthzGrpc provider, or a DENY policy for these ports");
        }
    }

    static boolean tcpOnly(Protocol protocol) {
        return !protocol.mayBeHttp() && protocol != Protocol.UDP;
    }

    private void unused(AuthorizationPolicy policy) {
        ExtensionProvider provider = model.input().mesh().providers().get(policy.provider());
        boolean clears =
                provider instanceof EnvoyExtAuthzHttp http && http.clearRouteCache()
                        || provider instanceof EnvoyExtAuthzGrpc grpc && grpc.clearRouteCache();
        if (clears) {
            add(
                    Level.INFO,
                    "field-without-effect",
                    policy,
                    PROVIDER,
                    "clearRouteCache of provider '"
                            + policy.provider()
                            + "' has no effect: the route is chosen before it is asked",
                    "match routes by what the client sends");
        }
    }

    private void crowded(PolicyTargets.Served served) {
        int slash = served.waypoint().indexOf('/');
        var policies =
                model.policies()
                        .authorization(
                                served.waypoint().substring(0, slash),
                                served.waypoint().substring(slash + 1),
                                classes.getOrDefault(served.waypoint(), ""),
                                served.service());
        var byProvider = PolicyFilters.byProvider(policies);
        if (byProvider.size() < 2) {
            return;
        }
        for (var policy : byProvider.values().stream().flatMap(List::stream).toList()) {
            if (crowded.add(policy)) {
                add(
                        Level.ERROR,
                        "several-providers",
                        policy,
                        PROVIDER,
                        "several providers for "
                                + served.service().hostname()
                                + " ("
                                + String.join(", ", byProvider.keySet())
                                + "): what any of them would be asked about is refused",
                        "use one provider for a service, or set"
                                + " PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS");
            }
        }
    }

    private void add(
            Level level,
            String code,
            AuthorizationPolicy policy,
            String field,
            String message,
            String fix) {
        findings.add(new Finding(level, code, policy.key(), policy.meta(), field, message, fix));
    }
}
