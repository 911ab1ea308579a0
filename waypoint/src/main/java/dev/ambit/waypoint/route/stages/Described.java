package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.route.limit.Descriptor;
import dev.ambit.waypoint.route.limit.DescriptorRule;
import dev.ambit.waypoint.route.limit.RateLimits;
import dev.ambit.waypoint.route.stages.LocalLimitPolicy.HostLimits;
import dev.ambit.waypoint.stage.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What a request is counted by.
final class Described {
    private Described() {}

    /// By a filter's own rules.
    static List<Descriptor> byOwn(RateLimits own, int stage, Exchange exchange) {
        var descriptors = new ArrayList<Descriptor>(own.rules().size());
        own.describe(stage, subject(exchange), descriptors);
        return descriptors;
    }

    /// By the rules of the route and its virtual host; none where the request goes nowhere.
    static List<Descriptor> byRoute(int stage, HostLimits hostLimits, Exchange exchange) {
        if (!(exchange.route() instanceof RouteDecision.Forward forward)) {
            return List.of();
        }
        var own = forward.action().limits();
        var host = forward.route().host().limits();
        if (own.isEmpty() && host.isEmpty()) {
            return List.of();
        }
        var descriptors = new ArrayList<Descriptor>();
        var subject = subject(exchange);
        own.describe(stage, subject, descriptors);
        boolean included =
                forward.action().includeHostLimits()
                        || switch (hostLimits) {
                            case INCLUDE -> true;
                            case OVERRIDE -> own.isEmpty();
                            case IGNORE -> false;
                        };
        if (included) {
            host.describe(stage, subject, descriptors);
        }
        return descriptors;
    }

    private static DescriptorRule.Subject subject(Exchange exchange) {
        var forward = exchange.route() instanceof RouteDecision.Forward f ? f : null;
        return new DescriptorRule.Subject(
                exchange.request(),
                exchange.info(),
                forward == null ? "" : forward.cluster(),
                forward == null ? Map.of() : forward.route().metadata());
    }
}
