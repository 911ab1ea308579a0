package dev.ambit.control.l7.report;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Waypoints that can't do what they are there for.
final class GatewayReport {
    private static final Set<String> TRAFFIC = Set.of("service", "workload", "all", "none");

    private final List<Finding> findings = new ArrayList<>();

    private GatewayReport() {}

    static List<Finding> of(L7Model model, List<ResourceStatus> statuses) {
        var report = new GatewayReport();
        for (var gateway : model.input().all(Gateway.class)) {
            if (Names.WAYPOINT_CLASSES.contains(gateway.className())) {
                report.look(model, gateway);
            }
        }
        for (var status : statuses) {
            report.programmed(status);
        }
        return List.copyOf(report.findings);
    }

    private void programmed(ResourceStatus status) {
        status.conditions().stream()
                .filter(c -> c.type().equals("Programmed"))
                .filter(c -> c.state() == Condition.State.FALSE)
                .forEach(c ->
                        findings.add(
                                new Finding(
                                        Finding.Level.WARNING,
                                        "waypoint-not-programmed",
                                        status.key(),
                                        status.meta(),
                                        "",
                                        c.message(),
                                        "see whether its Service and the pods behind it are there"
                                                + " and ready")));
    }

    private void look(L7Model model, Gateway gateway) {
        boolean tunnel =
                gateway.listeners().stream()
                                .filter(l -> l.port() == 15_008 && l.protocol().equals("HBONE"))
                                .count()
                        == 1;
        if (!tunnel) {
            add(
                    gateway,
                    Finding.Level.ERROR,
                    "waypoint-without-tunnel",
                    "spec.listeners",
                    "no listener takes what ztunnels send",
                    "have exactly one listener with port 15008 and protocol HBONE");
        }
        var traffic = gateway.meta().labels().getOrDefault(Names.WAYPOINT_FOR, "service");
        if (!TRAFFIC.contains(traffic)) {
            add(
                    gateway,
                    Finding.Level.ERROR,
                    "waypoint-traffic-unknown",
                    "metadata.labels[" + Names.WAYPOINT_FOR + "]",
                    "'" + traffic + "': the waypoint is used for nothing",
                    "use one of service, workload, all, none");
        }
        boolean used =
                !model.registry().attached(gateway.meta().path()).isEmpty()
                        || !model.registry().attachedWorkloads(gateway.meta().path()).isEmpty();
        if (!used && !traffic.equals("none")) {
            add(
                    gateway,
                    Finding.Level.INFO,
                    "waypoint-unused",
                    "",
                    "nothing is sent through this waypoint",
                    "label a namespace, service or pod "
                            + Names.USE_WAYPOINT
                            + ": "
                            + gateway.meta().name());
        }
    }

    private void add(
            Gateway gateway,
            Finding.Level level,
            String code,
            String field,
            String message,
            String fix) {
        findings.add(new Finding(level, code, gateway.key(), gateway.meta(), field, message, fix));
    }
}
