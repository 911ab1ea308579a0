package dev.ambit.control.l7.route;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.route.Hosts;
import dev.ambit.control.resource.route.HttpMatch;
import dev.ambit.control.resource.route.L4Rule;
import dev.ambit.control.resource.route.L7Route;
import dev.ambit.control.resource.route.ParentRef;
import dev.ambit.control.resource.route.RouteParts.Destination;
import dev.ambit.control.resource.route.TextMatch;
import dev.ambit.control.resource.route.VirtualService;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/// What routes say that has no effect at a waypoint, or leads nowhere.
final class RouteFindings {
    private RouteFindings() {}

    /// Of one resource or table.
    private record Sink(Resource.Key key, Meta meta, List<Finding> findings) {
        void error(String code, String field, String message, String fix) {
            findings.add(new Finding(Finding.Level.ERROR, code, key, meta, field, message, fix));
        }

        void warn(String code, String field, String message, String fix) {
            findings.add(new Finding(Finding.Level.WARNING, code, key, meta, field, message, fix));
        }

        void info(String code, String field, String message, String fix) {
            findings.add(new Finding(Finding.Level.INFO, code, key, meta, field, message, fix));
        }
    }

    static void of(VirtualService service, List<Finding> findings) {
        var sink = new Sink(service.key(), service.meta(), findings);
        if (!service.forMesh()) {
            sink.info(
                    "route-not-for-mesh",
                    "spec.gateways",
                    service.gateways() + " do not include mesh: no waypoint is concerned",
                    "add mesh to gateways");
            return;
        }
        for (int i = 0; i < service.http().size(); i++) {
            var rule = service.http().get(i);
            var field = "spec.http[" + i + "]";
            for (int j = 0; j < rule.matches().size(); j++) {
                http(rule.matches().get(j), field + ".match[" + j + "]", sink);
            }
            rule.fault()
                    .filter(f -> f.delay().isEmpty() && f.abort().isEmpty())
                    .ifPresent(f ->
                            sink.warn(
                                    "fault-empty",
                                    field + ".fault",
                                    "neither a fixed delay nor a status: no fault is injected",
                                    "say fixedDelay, httpStatus or grpcStatus"));
            rule.fault()
                    .flatMap(f -> f.abort())
                    .filter(a -> a.share().isEmpty())
                    .ifPresent(a ->
                            sink.warn(
                                    "fault-without-percentage",
                                    field + ".fault.abort.percentage",
                                    "not said, which means 0: no request is aborted",
                                    "say percentage"));
            rule.fault()
                    .flatMap(f -> f.delay())
                    .filter(d -> d.share().numerator() == 0)
                    .ifPresent(d ->
                            sink.warn(
                                    "fault-without-percentage",
                                    field + ".fault.delay.percentage",
                                    "0: no request is delayed",
                                    "say percentage"));
        }
        l4(service.tcp(), "spec.tcp", sink);
        l4(service.tls(), "spec.tls", sink);
    }

    private static void http(HttpMatch match, String field, Sink sink) {
        if (!match.sourceLabels().isEmpty()) {
            sink.warn(
                    "match-source-labels",
                    field + ".sourceLabels",
                    "labels of the client are not known to a waypoint: the match has no effect",
                    "use an AuthorizationPolicy, or headers, to tell clients apart");
        } else if (!match.gateways().isEmpty() && !match.gateways().contains(VirtualService.MESH)) {
            sink.info(
                    "match-not-for-mesh",
                    field + ".gateways",
                    match.gateways() + " do not include mesh: the match has no effect",
                    "add mesh to gateways");
        } else if (!match.sourceNamespace().isEmpty()) {
            sink.warn(
                    "match-source-namespace",
                    field + ".sourceNamespace",
                    "'"
                            + match.sourceNamespace()
                            + "' is compared with the waypoint's namespace, not the client's",
                    "use an AuthorizationPolicy, or headers, to tell clients apart");
        }
    }

    private static void l4(List<L4Rule> rules, String field, Sink sink) {
        for (int i = 0; i < rules.size(); i++) {
            var matches = rules.get(i).matches();
            for (int j = 0; j < matches.size(); j++) {
                var match = matches.get(j);
                var where = field + "[" + i + "].match[" + j + "]";
                if (!match.sourceLabels().isEmpty() || !match.sourceNamespace().isEmpty()) {
                    sink.warn(
                            "match-source-labels",
                            where,
                            "the client's labels and namespace are not known to a waypoint's"
                                    + " routes: the match has no effect",
                            "use an AuthorizationPolicy to tell clients apart");
                }
                if (!match.subnets().isEmpty()) {
                    sink.warn(
                            "match-subnets",
                            where,
                            match.subnets() + " are not looked at: all addresses match",
                            "use an AuthorizationPolicy with ipBlocks");
                }
                if (match.sniHosts().size() > 1
                        || match.sniHosts().stream().anyMatch(Hosts::isWildcard)) {
                    sink.warn(
                            "match-sni",
                            where + ".sniHosts",
                            match.sniHosts()
                                    + " are not told apart: a match counts if its only host is the"
                                    + " service's own name",
                            "write one rule with the service's name as the only SNI host");
                }
            }
        }
    }

    /// Of what a table leads to, and of rules that are never reached.
    static void of(
            RouteTable table,
            Places places,
            Subsets subsets,
            Registry registry,
            List<Finding> findings) {
        var key = table.source().getFirst();
        var meta = places.meta(key);
        if (meta.isEmpty()) {
            return;
        }
        var sink = new Sink(key, meta.get(), findings);
        for (var host : table.hosts()) {
            if (!Hosts.isWildcard(host) && registry.service(host, table.namespace()).isEmpty()) {
                sink.warn(
                        "route-for-unknown-host",
                        "spec.hosts",
                        "there is no service '" + host + "'",
                        "name a service, with its namespace if it is in another one");
            }
        }
        var seen = new HashSet<Destination>();
        for (var destination : table.destinations()) {
            if (!table.gatewayApi() && seen.add(destination)) {
                destination(destination, table, subsets, registry, sink);
            }
        }
        unreached(table, sink);
    }

    private static void destination(
            Destination to, RouteTable table, Subsets subsets, Registry registry, Sink sink) {
        var service = registry.service(to.host(), table.namespace());
        if (service.isEmpty()) {
            sink.error(
                    "route-to-unknown-host",
                    "spec",
                    "there is no service '" + to.host() + "': requests for it get 503",
                    "name a service, with its namespace if it is in another one");
            return;
        }
        if (to.port() != 0 && service.get().port(to.port()).isEmpty()) {
            sink.error(
                    "route-to-unknown-port",
                    "spec",
                    "service '" + to.host() + "' has no port " + to.port(),
                    "name a port of the service");
        }
        if (!to.subset().isEmpty() && !subsets.has(to.host(), to.subset())) {
            sink.error(
                    "route-to-unknown-subset",
                    "spec",
                    "no DestinationRule for '"
                            + to.host()
                            + "' has a subset '"
                            + to.subset()
                            + "': requests for it get 503",
                    "define the subset, or leave it out");
        }
    }

    private static void unreached(RouteTable table, Sink sink) {
        for (int i = 0; i < table.http().size() - 1; i++) {
            var rule = table.http().get(i);
            boolean all =
                    rule.matches().isEmpty()
                            || rule.matches().stream().anyMatch(RouteFindings::all);
            if (all) {
                var later = table.http().get(i + 1);
                sink.warn(
                        "rule-never-reached",
                        "spec",
                        "rule '"
                                + rule.name()
                                + "' takes all requests: '"
                                + later.name()
                                + "' and what follows are not sent",
                        "put the rule that takes everything last, or match a prefix instead of a"
                                + " regular expression");
                return;
            }
        }
    }

    private static boolean all(HttpMatch match) {
        boolean path =
                match.uri()
                        .map(u ->
                                switch (u) {
                                    case TextMatch.Prefix prefix -> prefix.value().equals("/");
                                    case TextMatch.Regex regex -> regex.value().equals(".*");
                                    case TextMatch.Exact exact -> false;
                                    case TextMatch.Present present -> true;
                                })
                        .orElse(true);
        return path
                && match.port() == 0
                && match.headers().isEmpty()
                && match.without().isEmpty()
                && match.query().isEmpty()
                && match.method().isEmpty()
                && match.scheme().isEmpty()
                && match.authority().isEmpty()
                && match.sourceLabels().isEmpty()
                && match.sourceNamespace().isEmpty()
                && (match.gateways().isEmpty() || match.gateways().contains(VirtualService.MESH));
    }

    /// Of a Gateway API route.
    static void of(
            Resource route,
            List<ParentRef> written,
            List<RouteParents.Parent> refs,
            Optional<Backends.Wrong> wrong,
            boolean nothing,
            List<Finding> findings) {
        var sink = new Sink(route.key(), route.meta(), findings);
        for (var ref : written) {
            if (ref.isGateway()) {
                sink.info(
                        "route-of-gateway",
                        "spec.parentRefs",
                        "Gateway '" + ref.name() + "': no waypoint follows routes of Gateways",
                        "name the Services or ServiceEntries that the route is for");
            }
        }
        for (var ref : refs) {
            if (!ref.exists()) {
                sink.error(
                        "route-for-unknown-host",
                        "spec.parentRefs",
                        ref.ref().kindOr() + " '" + ref.ref().name() + "' is not there",
                        "name a Service or ServiceEntry");
            } else if (!ref.waypoint()) {
                sink.warn(
                        "route-without-waypoint",
                        "spec.parentRefs",
                        ref.ref().kindOr()
                                + " '"
                                + ref.ref().name()
                                + "' has no waypoint: the route has no effect",
                        "label it, or its namespace, istio.io/use-waypoint");
            }
        }
        wrong.ifPresent(w ->
                sink.error(
                        "route-unresolved",
                        "spec.rules",
                        w.message()
                                + (nothing
                                        ? ": the whole route has no effect"
                                        : ": its share of requests fails"),
                        "correct the reference (" + w.reason() + ")"));
        if (route instanceof L7Route l7) {
            if (!l7.hostnames().isEmpty() && !refs.isEmpty()) {
                sink.info(
                        "hostnames-of-service-route",
                        "spec.hostnames",
                        "not looked at for Services: requests are routed by the address asked for",
                        "match the header :authority in an Istio VirtualService if it matters");
            }
            if (l7.rules().stream().anyMatch(L7Route.Rule::session)) {
                sink.warn(
                        "session-persistence",
                        "spec.rules",
                        "sessionPersistence has no effect",
                        "use a DestinationRule with consistentHash");
            }
        }
    }
}
