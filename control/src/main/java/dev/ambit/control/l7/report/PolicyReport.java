package dev.ambit.control.l7.report;

import dev.ambit.control.compile.L4Fit;
import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.authz.PolicyFindings;
import dev.ambit.control.l7.authz.PolicyTargets;
import dev.ambit.control.l7.authz.TargetState;
import dev.ambit.control.l7.extend.ExtensionFindings;
import dev.ambit.control.resource.AuthorizationPolicy;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.TargetRef;
import dev.ambit.control.resource.extend.Extension;
import dev.ambit.control.resource.observe.Telemetry;
import dev.ambit.control.resource.security.RequestAuthentication;
import java.util.ArrayList;
import java.util.List;

/// Who enforces policies: waypoints those that are attached, ztunnels the others.
final class PolicyReport {
    private static final String WAYPOINT = "WaypointAccepted";
    private static final String ZTUNNEL = "ZtunnelAccepted";
    private static final String ACCEPTED = "Accepted";
    private static final String UNSUPPORTED = "UnsupportedValue";

    private PolicyReport() {}

    record Result(List<Finding> findings, List<ResourceStatus> statuses) {}

    /// @param dryRun whether ztunnels are sent policies that only rehearse
    static Result of(L7Model model, boolean dryRun) {
        var targets = PolicyTargets.of(model);
        var statuses = new ArrayList<ResourceStatus>();
        for (var policy : model.input().all(AuthorizationPolicy.class)) {
            var condition =
                    policy.targets().isEmpty()
                            ? ztunnel(L4Fit.of(policy, dryRun))
                            : waypoint(policy, policy.targets(), targets);
            statuses.add(ResourceStatus.of(policy, List.of(condition)));
        }
        for (var policy : model.input().all(RequestAuthentication.class)) {
            if (!policy.targets().isEmpty()) {
                statuses.add(
                        ResourceStatus.of(
                                policy, List.of(waypoint(policy, policy.targets(), targets))));
            }
        }
        for (var telemetry : model.input().all(Telemetry.class)) {
            if (!telemetry.targets().isEmpty()) {
                statuses.add(
                        ResourceStatus.of(
                                telemetry,
                                List.of(waypoint(telemetry, telemetry.targets(), targets))));
            }
        }
        for (var extension : model.input().all(Extension.class)) {
            if (!extension.targets().isEmpty()) {
                statuses.add(
                        ResourceStatus.of(
                                extension,
                                List.of(
                                        Condition.no(
                                                WAYPOINT,
                                                "NotSupported",
                                                ExtensionFindings.why(extension)))));
            }
        }
        return new Result(PolicyFindings.of(model, targets, dryRun), statuses);
    }

    /// As istiod: one condition for all targets.
    private static Condition waypoint(
            Resource policy, List<TargetRef> refs, PolicyTargets targets) {
        var states = refs.stream().map(r -> targets.state(policy, r)).toList();
        if (states.size() == 1) {
            return switch (states.getFirst()) {
                case TargetState.Bound(var target, var to) ->
                        Condition.yes(WAYPOINT, ACCEPTED, "bound to " + to);
                case TargetState.Unbound(var target, var reason, var message) ->
                        Condition.no(WAYPOINT, reason.spelling(), message);
            };
        }
        var unbound =
                states.stream()
                        .filter(s -> s instanceof TargetState.Unbound)
                        .map(TargetState::target)
                        .toList();
        var message = unbound.isEmpty() ? "" : "Invalid targetRefs: " + String.join(", ", unbound);
        if (unbound.size() == states.size()) {
            return Condition.no(WAYPOINT, "Invalid", message);
        }
        return Condition.yes(WAYPOINT, unbound.isEmpty() ? ACCEPTED : "PartiallyInvalid", message);
    }

    private static Condition ztunnel(L4Fit fit) {
        return switch (fit) {
            case L4Fit.Whole() -> Condition.yes(ZTUNNEL, ACCEPTED, "attached to ztunnel");
            case L4Fit.Nowhere(var why) ->
                    Condition.no(
                            ZTUNNEL,
                            UNSUPPORTED,
                            switch (why) {
                                case ACTION -> "ztunnel does not support this action";
                                case REHEARSAL ->
                                        "ztunnel is not sent policies with the dry-run annotation";
                            });
            case L4Fit.Partly(var attributes, var effect) ->
                    Condition.yes(
                            ZTUNNEL,
                            UNSUPPORTED,
                            "ztunnel does not support HTTP attributes (found: "
                                    + String.join(", ", attributes)
                                    + "), which need a waypoint. "
                                    + switch (effect) {
                                        case ALLOWS_LESS ->
                                                "Rules with them are omitted: less is allowed than"
                                                        + " requested.";
                                        case DENIES_MORE ->
                                                "They are omitted: more is denied than requested.";
                                        case DENIES_NOTHING ->
                                                "Without them nothing can match: the policy has no"
                                                        + " effect.";
                                    });
        };
    }
}
