package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.route.L7Route.Backend;
import dev.ambit.control.resource.route.L7Route.Rule;
import dev.ambit.control.resource.route.L7Route.RuleRetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads the Gateway API's routes as an API server would complete them: with the defaults of their
/// schemas.
final class GatewayRouteReader {
    private static final int WEIGHT_MAX = 1_000_000;
    private static final int DEFAULT_ATTEMPTS = 2;

    private GatewayRouteReader() {}

    static L7Route http(Fields top, Meta meta) {
        return l7(top, meta, "HTTPRoute");
    }

    static L7Route grpc(Fields top, Meta meta) {
        return l7(top, meta, "GRPCRoute");
    }

    private static L7Route l7(Fields top, Meta meta, String kind) {
        var spec = spec(top);
        boolean grpc = kind.equals("GRPCRoute");
        var rules = new ArrayList<Rule>();
        for (var rule : spec.children("rules")) {
            rules.add(rule(rule, grpc));
        }
        var route = new L7Route(meta, kind, parents(spec), hostnames(spec), rules);
        spec.text("useDefaultGateways");
        spec.noOthers();
        return route;
    }

    private static Rule rule(Fields fields, boolean grpc) {
        var matches = new ArrayList<HttpMatch>();
        for (var match : fields.children("matches")) {
            matches.add(grpc ? GatewayMatchReader.grpc(match) : GatewayMatchReader.http(match));
        }
        if (matches.isEmpty() && !grpc) {
            matches.add(GatewayMatchReader.defaultMatch());
        }
        var filters = GatewayFilterReader.filters(fields, matches);
        var backends = new ArrayList<Backend>();
        for (var backend : fields.children("backendRefs")) {
            var own = GatewayFilterReader.filters(backend, matches);
            backends.add(new Backend(backend(backend), own));
        }
        var timeouts = fields.child("timeouts");
        var request = timeouts.flatMap(t -> duration(t, "request"));
        var backendRequest = timeouts.flatMap(t -> duration(t, "backendRequest"));
        timeouts.ifPresent(Fields::noOthers);
        if (request.isPresent()
                && backendRequest.isPresent()
                && request.get().compareTo(backendRequest.get()) < 0) {
            throw timeouts.orElseThrow()
                    .bad("backendRequest", backendRequest.get() + " (expected: at most request)");
        }
        var rule =
                new Rule(
                        fields.text("name"),
                        matches,
                        filters,
                        backends,
                        fields.child("retry").map(GatewayRouteReader::retry),
                        request,
                        backendRequest,
                        fields.has("sessionPersistence"));
        fields.noOthers();
        return rule;
    }

    /// 0 means that there is none.
    private static Optional<Duration> duration(Fields fields, String name) {
        return fields.span(name).filter(d -> !d.isZero());
    }

    private static RuleRetry retry(Fields fields) {
        var retry =
                new RuleRetry(
                        fields.integers("codes", 400, 599),
                        fields.integer("attempts", 0, Integer.MAX_VALUE, DEFAULT_ATTEMPTS),
                        fields.span("backoff"));
        fields.noOthers();
        return retry;
    }

    static L4Route tcp(Fields top, Meta meta) {
        return l4(top, meta, "TCPRoute");
    }

    static L4Route tls(Fields top, Meta meta) {
        return l4(top, meta, "TLSRoute");
    }

    private static L4Route l4(Fields top, Meta meta, String kind) {
        var spec = spec(top);
        var rules = new ArrayList<List<BackendRef>>();
        for (var rule : spec.children("rules")) {
            var backends = new ArrayList<BackendRef>();
            for (var backend : rule.children("backendRefs")) {
                backends.add(backend(backend));
            }
            rule.text("name");
            rule.noOthers();
            rules.add(backends);
        }
        var hostnames = kind.equals("TLSRoute") ? hostnames(spec) : List.<String>of();
        var route = new L4Route(meta, kind, parents(spec), hostnames, rules);
        spec.text("useDefaultGateways");
        spec.noOthers();
        return route;
    }

    private static Fields spec(Fields top) {
        return top.child("spec")
                .orElseThrow(() -> top.bad("spec", "missing (expected: a mapping)"));
    }

    private static List<String> hostnames(Fields spec) {
        var hostnames = spec.texts("hostnames");
        hostnames.forEach(h -> RouteChecks.host(spec, "hostnames", h));
        return hostnames;
    }

    private static List<ParentRef> parents(Fields spec) {
        var parents = new ArrayList<ParentRef>();
        for (var ref : spec.children("parentRefs")) {
            int port = ref.integer("port", 1, RouteChecks.PORT_MAX, 0);
            parents.add(
                    new ParentRef(
                            said(ref, "group"),
                            said(ref, "kind"),
                            said(ref, "namespace"),
                            ref.required("name"),
                            said(ref, "sectionName"),
                            port == 0 ? Optional.empty() : Optional.of(port)));
            ref.noOthers();
        }
        return parents;
    }

    private static Optional<String> said(Fields fields, String name) {
        return fields.has(name) ? Optional.of(fields.text(name)) : Optional.empty();
    }

    /// @param fields `filters` was read, or is not allowed
    static BackendRef backend(Fields fields) {
        var ref =
                new BackendRef(
                        group(fields.text("group")),
                        fields.has("kind") ? fields.text("kind") : "Service",
                        said(fields, "namespace"),
                        fields.required("name"),
                        fields.integer("port", 1, RouteChecks.PORT_MAX, 0),
                        fields.integer("weight", 0, WEIGHT_MAX, 1));
        fields.noOthers();
        return ref;
    }

    private static String group(String written) {
        return written.equals("core") ? "" : written;
    }
}
