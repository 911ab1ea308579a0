package dev.ambit.control.l7.authz;

import dev.ambit.control.compile.L4Fit;
import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.Finding.Level;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.authz.TargetState.Bound;
import dev.ambit.control.l7.authz.TargetState.Unbound;
import dev.ambit.control.resource.AuthorizationPolicy;
import dev.ambit.control.resource.AuthorizationPolicy.Action;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.TargetRef;
import dev.ambit.control.resource.security.RequestAuthentication;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// Policies that are not in effect as they were written.
public final class PolicyFindings {
    private static final String ATTACH =
            "attach it to a waypoint with targetRefs (a Service, a ServiceEntry or the Gateway)";

    private final L7Model model;
    private final PolicyTargets targets;
    private final boolean dryRun;
    private final List<Finding> findings = new ArrayList<>();

    private PolicyFindings(L7Model model, PolicyTargets targets, boolean dryRun) {
        this.model = model;
        this.targets = targets;
        this.dryRun = dryRun;
    }

    /// @param dryRun whether ztunnels are sent policies that only rehearse
    public static List<Finding> of(L7Model model, PolicyTargets targets, boolean dryRun) {
        var all = new PolicyFindings(model, targets, dryRun);
        for (var policy : model.input().all(AuthorizationPolicy.class)) {
            if (!policy.standIn()) {
                all.authorization(policy);
            }
        }
        all.findings.addAll(CustomFindings.of(model, targets));
        for (var policy : model.input().all(RequestAuthentication.class)) {
            if (!policy.standIn()) {
                all.attached(policy, policy.targets());
                if (policy.targets().isEmpty()) {
                    all.add(
                            Level.WARNING,
                            "policy-without-effect",
                            policy,
                            "spec",
                            "ztunnels read no tokens: a RequestAuthentication that is not attached"
                                    + " to a waypoint has no effect",
                            ATTACH);
                }
                all.findings.addAll(KeyFindings.of(policy, model));
            }
        }
        return List.copyOf(all.findings);
    }

    private void authorization(AuthorizationPolicy policy) {
        attached(policy, policy.targets());
        if (policy.targets().isEmpty()) {
            atZtunnel(policy);
        } else {
            onTcp(policy);
        }
    }

    private void attached(Resource policy, List<TargetRef> refs) {
        for (int i = 0; i < refs.size(); i++) {
            var field = "spec.targetRefs[" + i + "]";
            switch (targets.state(policy, refs.get(i))) {
                case Bound bound -> {}
                case Unbound unbound ->
                        add(
                                Level.ERROR,
                                switch (unbound.reason()) {
                                    case NOT_FOUND -> "policy-target-missing";
                                    case WITHOUT_WAYPOINT -> "policy-without-waypoint";
                                    case INVALID -> "policy-target-invalid";
                                },
                                policy,
                                field,
                                unbound.message() + ": the policy is enforced nowhere for it",
                                switch (unbound.reason()) {
                                    case NOT_FOUND ->
                                            "correct the name; a policy is in the namespace of its"
                                                    + " target";
                                    case WITHOUT_WAYPOINT ->
                                            "label it or its namespace istio.io/use-waypoint, or"
                                                    + " write the policy for workloads (selector)";
                                    case INVALID ->
                                            "use a target that waypoints know, or move the policy";
                                });
            }
        }
    }

    private void atZtunnel(AuthorizationPolicy policy) {
        switch (L4Fit.of(policy, dryRun)) {
            case L4Fit.Whole whole -> {}
            case L4Fit.Nowhere nowhere ->
                    add(
                            Level.WARNING,
                            "policy-without-effect",
                            policy,
                            nowhere.why() == L4Fit.Why.ACTION ? "spec.action" : "metadata",
                            switch (nowhere.why()) {
                                case ACTION ->
                                        "ztunnels don't know the action "
                                                + policy.action()
                                                + ": the policy has no effect";
                                case REHEARSAL ->
                                        "ztunnels are not sent policies that only rehearse"
                                                + " (istio.io/dry-run): nothing is reported";
                            },
                            ATTACH);
            case L4Fit.Partly partly ->
                    add(
                            partly.effect() == L4Fit.Effect.DENIES_NOTHING
                                    ? Level.ERROR
                                    : Level.WARNING,
                            "http-rule-at-ztunnel",
                            policy,
                            "spec.rules",
                            "ztunnels know no attributes of HTTP ("
                                    + String.join(", ", partly.attributes())
                                    + "): "
                                    + switch (partly.effect()) {
                                        case ALLOWS_LESS ->
                                                "rules with them are left out, so less is allowed"
                                                        + " than was written";
                                        case DENIES_MORE ->
                                                "they are left out, so more is denied than was"
                                                        + " written";
                                        case DENIES_NOTHING ->
                                                "nothing is left, so nothing is denied";
                                    },
                            ATTACH);
        }
    }

    /// Ports that carry no HTTP have no attributes of requests.
    private void onTcp(AuthorizationPolicy policy) {
        var attributes = new TreeSet<String>();
        policy.rules().forEach(r -> attributes.addAll(HttpAttributes.of(r)));
        var ports = tcpPorts(policy);
        boolean matters = policy.action() == Action.ALLOW || policy.action() == Action.DENY;
        if (attributes.isEmpty() || ports.isEmpty() || !matters) {
            return;
        }
        boolean allow = policy.action() == Action.ALLOW;
        add(
                Level.WARNING,
                "http-rule-on-tcp",
                policy,
                "spec.rules",
                "ports without HTTP ("
                        + String.join(", ", ports)
                        + ") know no "
                        + String.join(", ", attributes)
                        + ": there, "
                        + (allow
                                ? "rules with them allow nothing"
                                : "they are left out, so more is denied than was written"),
                "add the port to the rule (to.operation.ports), or a rule for the other ports");
    }

    private TreeSet<String> tcpPorts(AuthorizationPolicy policy) {
        var ports = new TreeSet<String>();
        for (var target : policy.targets()) {
            for (var served : targets.named(policy.meta(), target)) {
                served.service().ports().stream()
                        .filter(p -> CustomFindings.tcpOnly(p.protocol()))
                        .forEach(p -> ports.add(served.service().name() + ":" + p.number()));
            }
        }
        return ports;
    }

    private void add(
            Level level, String code, Resource policy, String field, String message, String fix) {
        findings.add(new Finding(level, code, policy.key(), policy.meta(), field, message, fix));
    }
}
