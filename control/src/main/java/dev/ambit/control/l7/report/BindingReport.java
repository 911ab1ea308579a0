package dev.ambit.control.l7.report;

import dev.ambit.control.compile.Binding;
import dev.ambit.control.compile.Bindings;
import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Pod;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.Service;
import dev.ambit.control.resource.ServiceEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which waypoint services, entries and pods are bound to, and why one that is asked for is not
/// used.
final class BindingReport {
    private static final String BOUND = "istio.io/WaypointBound";
    private static final String LABEL = "metadata.labels[" + Names.USE_WAYPOINT + "]";

    private final Map<String, Gateway> gateways = new HashMap<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<ResourceStatus> statuses = new ArrayList<>();

    private BindingReport() {}

    record Result(List<Finding> findings, List<ResourceStatus> statuses) {}

    static Result of(L7Model model, Bindings bindings) {
        var report = new BindingReport();
        var input = model.input();
        input.all(Gateway.class).forEach(g -> report.gateways.put(g.meta().path(), g));
        input.all(Service.class).forEach(s -> report.add(s, bindings.service(s.meta())));
        for (var entry : input.all(ServiceEntry.class)) {
            report.add(entry, bindings.entry(entry.meta()));
        }
        // Only those that ask themselves: what the namespace asks for, its services are told.
        input.all(Pod.class).stream()
                .filter(p -> p.meta().hasLabel(Names.USE_WAYPOINT))
                .forEach(p -> report.add(p, bindings.workload(p.meta())));
        return new Result(List.copyOf(report.findings), List.copyOf(report.statuses));
    }

    private void add(Resource resource, Binding binding) {
        switch (binding) {
            case Binding.None() -> {}
            case Binding.Bound(var waypoint, var canary) -> {
                statuses.add(
                        ResourceStatus.of(
                                resource,
                                List.of(
                                        Condition.yes(
                                                BOUND,
                                                "WaypointAccepted",
                                                bound(resource.meta(), waypoint, canary)))));
                canary.ifPresent(c -> findings.add(refused(resource, c, Finding.Level.WARNING)));
            }
            case Binding.Refused refused -> {
                statuses.add(
                        ResourceStatus.of(
                                resource,
                                List.of(
                                        Condition.no(
                                                BOUND,
                                                refused.reason().spelling(),
                                                refused.message()))));
                findings.add(refused(resource, refused, Finding.Level.ERROR));
            }
        }
    }

    private static String bound(Meta meta, String waypoint, Optional<Binding.Refused> canary) {
        var text = new StringBuilder("Successfully attached to waypoint ").append(waypoint);
        var ingress = meta.label(Names.INGRESS_USE_WAYPOINT);
        if (ingress.equals("true")) {
            text.append(". Ingress traffic will traverse the waypoint");
        } else if (!ingress.isEmpty()) {
            text.append(
                    ". Ingress traffic is not using the waypoint, set the"
                            + " istio.io/ingress-use-waypoint label to true if desired.");
        }
        canary.ifPresent(c -> text.append(". Canary waypoint not attached: ").append(c.message()));
        return text.toString();
    }

    private Finding refused(Resource resource, Binding.Refused refused, Finding.Level level) {
        var gateway = Optional.ofNullable(gateways.get(refused.waypoint()));
        boolean missing = refused.reason() == Binding.Reason.NOT_READY && gateway.isEmpty();
        return new Finding(
                level,
                missing ? "waypoint-missing" : code(refused.reason()),
                resource.key(),
                resource.meta(),
                resource.meta().hasLabel(Names.USE_WAYPOINT) ? LABEL : "",
                missing
                        ? "there is no Gateway " + refused.waypoint() + ": traffic goes without it"
                        : refused.message() + ": traffic goes without it",
                missing ? missingFix(refused.waypoint()) : fix(refused, resource.meta()));
    }

    private static String code(Binding.Reason reason) {
        return switch (reason) {
            case NOT_READY -> "waypoint-not-ready";
            case DENIED -> "waypoint-not-open";
            case OTHER_TRAFFIC -> "waypoint-other-traffic";
            case CANARY_WEIGHT -> "canary-weight";
            case CANARY_SAME -> "canary-same";
            case OTHER_NAMESPACE -> "waypoint-other-namespace";
        };
    }

    private String missingFix(String waypoint) {
        return "make the Gateway, correct the name, or set the label to none"
                + (gateways.isEmpty()
                        ? ""
                        : " (Gateways there are: "
                                + String.join(", ", gateways.keySet().stream().sorted().toList())
                                + "; not "
                                + waypoint
                                + ")");
    }

    private static String fix(Binding.Refused refused, Meta user) {
        return switch (refused.reason()) {
            case NOT_READY ->
                    "the Gateway has no address yet: see whether its Deployment's pods are ready";
            case DENIED ->
                    "in Gateway "
                            + refused.waypoint()
                            + " set allowedRoutes.namespaces of the HBONE listener to let "
                            + user.namespace()
                            + " in";
            case OTHER_TRAFFIC ->
                    "set the label "
                            + Names.WAYPOINT_FOR
                            + " of Gateway "
                            + refused.waypoint()
                            + " to all, or use another waypoint";
            case CANARY_WEIGHT ->
                    "set annotation " + Names.CANARY_WEIGHT + " to a number from 0 to 100";
            case CANARY_SAME -> "name another waypoint in " + Names.USE_WAYPOINT_CANARY;
            case OTHER_NAMESPACE ->
                    "use a waypoint of namespace "
                            + user.namespace()
                            + ", or change serviceEntryVisibility";
        };
    }
}
