package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.Meta;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Readers of the kinds of this package.
public final class RouteKinds {
    private RouteKinds() {}

    public static VirtualService virtualService(Fields top, Meta meta) {
        return VirtualServiceReader.read(top, meta);
    }

    public static L7Route httpRoute(Fields top, Meta meta) {
        return GatewayRouteReader.http(top, meta);
    }

    public static L7Route grpcRoute(Fields top, Meta meta) {
        return GatewayRouteReader.grpc(top, meta);
    }

    public static L4Route tcpRoute(Fields top, Meta meta) {
        return GatewayRouteReader.tcp(top, meta);
    }

    public static L4Route tlsRoute(Fields top, Meta meta) {
        return GatewayRouteReader.tls(top, meta);
    }

    public static ReferenceGrant referenceGrant(Fields top, Meta meta) {
        var spec = spec(top);
        var from = new ArrayList<ReferenceGrant.From>();
        for (var one : spec.children("from")) {
            from.add(
                    new ReferenceGrant.From(
                            one.text("group"), one.required("kind"), one.required("namespace")));
        }
        var to = new ArrayList<ReferenceGrant.To>();
        for (var one : spec.children("to")) {
            var name = one.text("name");
            to.add(
                    new ReferenceGrant.To(
                            one.text("group"),
                            one.required("kind"),
                            name.isEmpty() ? Optional.empty() : Optional.of(name)));
        }
        spec.noOthers();
        return new ReferenceGrant(meta, from, to);
    }

    public static TrafficSplit trafficSplit(Fields top, Meta meta) {
        var spec = spec(top);
        var backends = new ArrayList<TrafficSplit.Backend>();
        long sum = 0;
        for (var one : spec.children("backends")) {
            var service = RouteChecks.host(one, "service", one.required("service"));
            int weight = one.integer("weight", 0, 1_000_000, 0);
            sum += weight;
            backends.add(
                    new TrafficSplit.Backend(
                            RouteChecks.completed(service, meta.namespace()), weight));
            one.noOthers();
        }
        if (sum == 0) {
            throw spec.bad("backends", "weights sum up to 0 (expected: at least 1)");
        }
        var matches = new ArrayList<String>();
        for (var match : spec.children("matches")) {
            matches.add(match.required("name"));
        }
        var root = RouteChecks.host(spec, "service", spec.required("service"));
        spec.noOthers();
        return new TrafficSplit(
                meta,
                RouteChecks.completed(root, meta.namespace()),
                List.copyOf(backends),
                matches);
    }

    private static Fields spec(Fields top) {
        return top.child("spec")
                .orElseThrow(() -> top.bad("spec", "missing (expected: a mapping)"));
    }
}
