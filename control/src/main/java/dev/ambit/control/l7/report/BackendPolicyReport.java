package dev.ambit.control.l7.report;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.Finding.Level;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.cluster.BackendPolicies;
import dev.ambit.control.l7.cluster.BackendPolicies.Outcome;
import dev.ambit.control.resource.traffic.BackendTlsPolicy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What became of BackendTLSPolicies: as istiod, an entry for each target, because services are
/// what the mesh knows of them.
final class BackendPolicyReport {
    private static final String CONTROLLER = "istio.io/mesh-controller";
    private static final String ACCEPTED = "Accepted";
    private static final String RESOLVED = "ResolvedRefs";
    private static final String VALID = "Configuration is valid";

    private BackendPolicyReport() {}

    record Result(List<Finding> findings, List<ResourceStatus> statuses) {}

    static Result of(L7Model model) {
        var findings = new ArrayList<Finding>();
        var statuses = new ArrayList<ResourceStatus>();
        for (var judged : BackendPolicies.judge(model.input())) {
            var parents = new ArrayList<ParentStatus>();
            for (int i = 0; i < judged.outcomes().size(); i++) {
                var outcome = judged.outcomes().get(i);
                parents.add(
                        new ParentStatus(
                                reference(judged.policy().targets().get(i)),
                                CONTROLLER,
                                List.of(accepted(outcome), resolved(outcome))));
                finding(judged.policy(), i, outcome, findings);
            }
            statuses.add(ResourceStatus.ofRoute(judged.policy(), parents));
        }
        return new Result(findings, statuses);
    }

    private static LinkedHashMap<String, Object> reference(BackendTlsPolicy.Target target) {
        var reference =
                new LinkedHashMap<String, Object>(
                        Map.of(
                                "group",
                                target.group(),
                                "kind",
                                target.kind(),
                                "name",
                                target.name()));
        target.section().ifPresent(s -> reference.put("sectionName", s));
        return reference;
    }

    private static Condition accepted(Outcome outcome) {
        return switch (outcome) {
            case Outcome.InEffect() -> Condition.yes(ACCEPTED, ACCEPTED, VALID);
            case Outcome.Ignored(var why) -> Condition.no(ACCEPTED, "Invalid", why);
            case Outcome.NoTarget(var why) -> Condition.no(ACCEPTED, "TargetNotFound", why);
            case Outcome.Conflicted(var older) ->
                    Condition.no(
                            ACCEPTED,
                            "Conflicted",
                            "Conflicts with BackendTLSPolicy \""
                                    + older
                                    + "\" targeting the same backend");
            case Outcome.NoRoots(var _, var why) ->
                    Condition.no(ACCEPTED, "NoValidCACertificate", why);
        };
    }

    private static Condition resolved(Outcome outcome) {
        return switch (outcome) {
            case Outcome.NoRoots(var reason, var why) -> Condition.no(RESOLVED, reason, why);
            case Outcome.InEffect _, Outcome.Ignored _, Outcome.NoTarget _, Outcome.Conflicted _ ->
                    Condition.yes(RESOLVED, RESOLVED, VALID);
        };
    }

    private static void finding(
            BackendTlsPolicy policy, int index, Outcome outcome, List<Finding> findings) {
        var condition = accepted(outcome);
        if (outcome instanceof Outcome.InEffect) {
            return;
        }
        boolean refuses = outcome instanceof Outcome.NoRoots;
        findings.add(
                new Finding(
                        refuses ? Level.ERROR : Level.WARNING,
                        refuses ? "backend-without-roots" : "backend-policy-without-effect",
                        policy.key(),
                        policy.meta(),
                        refuses
                                ? "spec.validation.caCertificateRefs"
                                : "spec.targetRefs[" + index + "]",
                        condition.message() + (refuses ? ": connections to the target fail" : ""),
                        refuses
                                ? "name a ConfigMap of the same namespace with a certificate under"
                                        + " ca.crt"
                                : "name a Service or ServiceEntry of the same namespace, and a port"
                                        + " that it has"));
    }
}
