package dev.ambit.control.l7.route;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.route.L4Rule;
import dev.ambit.control.resource.route.RouteParts.Destination;
import dev.ambit.control.resource.route.RouteParts.HeaderChanges;
import dev.ambit.control.resource.route.RouteParts.L4Target;
import dev.ambit.control.resource.route.RouteParts.Target;
import dev.ambit.control.resource.route.TrafficSplit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// SMI's traffic splits in the one form of all routes: shares of a service's requests, and of its
/// connections where a port carries no HTTP. Ports are kept.
final class TrafficSplits {
    private TrafficSplits() {}

    /// @param findings what has no effect is added to it
    static List<RouteTable> of(ResourceSet input, Places places, List<Finding> findings) {
        var tables = new ArrayList<RouteTable>();
        for (var split : input.all(TrafficSplit.class)) {
            tables.add(table(split, places.of(split)));
            if (!split.matches().isEmpty()) {
                findings.add(
                        new Finding(
                                Finding.Level.WARNING,
                                "split-matches",
                                split.key(),
                                split.meta(),
                                "spec.matches",
                                "HTTPRouteGroups "
                                        + split.matches()
                                        + " are not looked at: all requests are split",
                                "use an HTTPRoute to split some requests only"));
            }
        }
        return tables;
    }

    private static RouteTable table(TrafficSplit split, int order) {
        var targets = new ArrayList<Target>();
        var connections = new ArrayList<L4Target>();
        for (var backend : split.backends()) {
            var to = new Destination(backend.service(), "", 0);
            targets.add(new Target(to, backend.weight(), HeaderChanges.NONE));
            connections.add(new L4Target(to, backend.weight()));
        }
        var forward =
                new HttpAction.Forward(
                        targets, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
        var http =
                new HttpRule(
                        split.meta().name(),
                        List.of(),
                        forward,
                        Optional.empty(),
                        Optional.empty(),
                        HeaderChanges.NONE);
        return new RouteTable(
                List.of(split.key()),
                split.meta().namespace(),
                split.meta().name(),
                split.meta().created(),
                order,
                false,
                List.of("*"),
                List.of(split.service()),
                List.of(http),
                List.of(),
                List.of(new L4Rule(List.of(), connections)));
    }
}
