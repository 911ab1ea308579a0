package dev.ambit.control.l7.limits;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.Finding.Level;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.authz.PolicyTargets;
import dev.ambit.control.l7.authz.TargetState;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.ServicePort;
import dev.ambit.control.resource.TargetRef;
import dev.ambit.control.resource.ambit.TrafficLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What of TrafficLimits limits nothing, and why.
public final class LimitFindings {
    private final L7Model model;
    private final PolicyTargets targets;
    private final List<Finding> findings = new ArrayList<>();

    private LimitFindings(L7Model model, PolicyTargets targets) {
        this.model = model;
        this.targets = targets;
    }

    public static List<Finding> of(L7Model model) {
        var all = model.input().all(TrafficLimits.class);
        if (all.isEmpty()) {
            return List.of();
        }
        var found = new LimitFindings(model, PolicyTargets.of(model));
        all.forEach(found::look);
        return List.copyOf(found.findings);
    }

    private void look(TrafficLimits limits) {
        for (int i = 0; i < limits.targets().size(); i++) {
            var target = limits.targets().get(i);
            switch (targets.state(limits, target)) {
                case TargetState.Bound _ -> http(limits, target, i);
                case TargetState.Unbound unbound ->
                        add(
                                limits,
                                Level.WARNING,
                                "limits-without-waypoint",
                                "spec.targetRefs[" + i + "]",
                                unbound.message(),
                                "name a Service, a ServiceEntry or a Gateway of the same namespace"
                                        + " that a waypoint stands before");
            }
        }
        limits.global().ifPresent(g -> service(limits, g));
    }

    /// Connections are not counted.
    private void http(TrafficLimits limits, TargetRef target, int index) {
        if (target.kind().equals("Gateway")) {
            return;
        }
        var namespace = limits.meta().namespace();
        boolean requests =
                model.registry().services().stream()
                        .filter(s -> s.namespace().equals(namespace))
                        .filter(s -> s.resource().equals(target.name()))
                        .filter(s ->
                                (s.source() == MeshService.Source.KUBERNETES)
                                        == target.kind().equals("Service"))
                        .flatMap(s -> s.ports().stream())
                        .anyMatch(p -> p.protocol().mayBeHttp());
        if (!requests) {
            add(
                    limits,
                    Level.WARNING,
                    "limits-without-requests",
                    "spec.targetRefs[" + index + "]",
                    "'" + target.name() + "' has no HTTP port: connections are not limited",
                    "declare the port's protocol (appProtocol, or its name), or remove the target");
        }
    }

    private void service(TrafficLimits limits, TrafficLimits.Global global) {
        Optional<ServicePort> port =
                model.registry()
                        .service(global.service(), limits.meta().namespace())
                        .flatMap(s -> s.port(global.port()));
        boolean grpc = port.map(p -> p.protocol().isHttp2()).orElse(false);
        if (grpc) {
            return;
        }
        var effect =
                global.failOpen()
                        ? "nothing is counted and requests pass (failOpen)"
                        : "requests get 500 (failOpen: false)";
        add(
                limits,
                Level.ERROR,
                "limit-service-unusable",
                "spec.global.service",
                (port.isEmpty()
                                ? "no service has host '" + global.service() + "' and port "
                                : "'" + global.service() + "' does not declare gRPC on port ")
                        + global.port()
                        + ": "
                        + effect,
                "name a service with that port, and give the port appProtocol grpc or a name that"
                        + " begins with grpc");
    }

    private void add(
            TrafficLimits limits,
            Level level,
            String code,
            String field,
            String message,
            String fix) {
        findings.add(new Finding(level, code, limits.key(), limits.meta(), field, message, fix));
    }
}
