package dev.ambit.control.l7.route;

import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.route.L4Rule;
import dev.ambit.control.resource.route.RouteParts.Destination;
import dev.ambit.control.resource.route.RouteParts.L4Target;
import dev.ambit.control.resource.route.RouteParts.Mirror;
import dev.ambit.control.resource.route.RouteParts.Target;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// The one form of all routes: those of a VirtualService, of a TrafficSplit, or of Gateway API
/// routes for one host, ready to be rendered. Names are completed, delegates merged.
///
/// @param source resources that it is made from, the oldest first
/// @param name as a VirtualService, which is what istiod turns all of them into
/// @param order where nothing says when it was created: its place in the input
/// @param gatewayApi prefixes are of whole path segments, and a backend that is not there answers
///   with 500
/// @param exportTo namespaces; `*`: all
/// @param hosts that it is for, wildcards included
public record RouteTable(
        List<Resource.Key> source,
        String namespace,
        String name,
        Optional<Instant> created,
        int order,
        boolean gatewayApi,
        List<String> exportTo,
        List<String> hosts,
        List<HttpRule> http,
        List<L4Rule> tls,
        List<L4Rule> tcp) {

    /// Oldest first, then by name and namespace; what does not say when comes last, as written.
    static final Comparator<RouteTable> OLDEST_FIRST =
            Comparator.comparing((RouteTable t) -> t.created().orElse(Instant.MAX))
                    .thenComparingInt(t -> t.created().isPresent() ? 0 : t.order())
                    .thenComparing(RouteTable::name)
                    .thenComparing(RouteTable::namespace);

    public RouteTable {
        source = List.copyOf(source);
        exportTo = List.copyOf(exportTo);
        hosts = List.copyOf(hosts);
        http = List.copyOf(http);
        tls = List.copyOf(tls);
        tcp = List.copyOf(tcp);
    }

    boolean isPublic() {
        return exportTo.contains("*");
    }

    /// Everything that something is sent to, mirrors included.
    List<Destination> destinations() {
        var all = new ArrayList<Destination>();
        for (var rule : http) {
            switch (rule.action()) {
                case HttpAction.Forward forward -> {
                    forward.targets().stream().map(Target::destination).forEach(all::add);
                    forward.mirrors().stream().map(Mirror::destination).forEach(all::add);
                }
                case HttpAction.Redirected redirected -> {}
                case HttpAction.Answered answered -> {}
            }
        }
        for (var rules : List.of(tls, tcp)) {
            for (var rule : rules) {
                rule.targets().stream().map(L4Target::destination).forEach(all::add);
            }
        }
        return all;
    }
}
