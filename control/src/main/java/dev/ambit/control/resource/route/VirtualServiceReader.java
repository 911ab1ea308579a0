package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.route.L4Rule.L4Match;
import dev.ambit.control.resource.route.RouteParts.Denominator;
import dev.ambit.control.resource.route.RouteParts.Destination;
import dev.ambit.control.resource.route.RouteParts.Fraction;
import dev.ambit.control.resource.route.RouteParts.HeaderChanges;
import dev.ambit.control.resource.route.RouteParts.L4Target;
import dev.ambit.control.resource.route.RouteParts.Mirror;
import dev.ambit.control.resource.route.RouteParts.Rewrite;
import dev.ambit.control.resource.route.RouteParts.Target;
import dev.ambit.control.resource.route.VirtualService.Delegate;
import dev.ambit.control.resource.route.VirtualService.Http;
import dev.ambit.control.resource.route.VirtualService.Mirroring;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Reads VirtualServices, with the checks of istiod's admission.
final class VirtualServiceReader {
    private static final Pattern SUBSET =
            Pattern.compile("[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?");

    private final String namespace;

    private VirtualServiceReader(String namespace) {
        this.namespace = namespace;
    }

    static VirtualService read(Fields top, Meta meta) {
        var spec =
                top.child("spec")
                        .orElseThrow(() -> top.bad("spec", "missing (expected: a mapping)"));
        return new VirtualServiceReader(meta.namespace()).service(spec, meta);
    }

    private VirtualService service(Fields spec, Meta meta) {
        var gateways = spec.texts("gateways");
        boolean mesh = gateways.isEmpty() || gateways.contains(VirtualService.MESH);
        var hosts = hosts(spec, mesh);
        var http = new ArrayList<Http>();
        for (var rule : spec.children("http")) {
            http.add(http(rule, hosts.isEmpty()));
        }
        var tls = new ArrayList<L4Rule>();
        for (var rule : spec.children("tls")) {
            tls.add(l4(rule, true, hosts));
        }
        var tcp = new ArrayList<L4Rule>();
        for (var rule : spec.children("tcp")) {
            tcp.add(l4(rule, false, hosts));
        }
        if (http.isEmpty() && tls.isEmpty() && tcp.isEmpty()) {
            throw spec.bad("http", "missing (expected: http, tls or tcp)");
        }
        if (hosts.isEmpty()) {
            for (var name : List.of("gateways", "tls", "tcp")) {
                if (spec.has(name) && !spec.items(name).isEmpty()) {
                    throw spec.bad(name, "set without hosts (expected: http alone in a delegate)");
                }
            }
        }
        var service =
                new VirtualService(
                        meta,
                        hosts,
                        gateways,
                        RouteChecks.exportTo(spec, namespace),
                        http,
                        tls,
                        tcp);
        spec.noOthers();
        return service;
    }

    private List<String> hosts(Fields spec, boolean mesh) {
        var hosts = new ArrayList<String>();
        for (var written : spec.texts("hosts")) {
            if (!written.equals("*") || mesh) {
                RouteChecks.host(spec, "hosts", written);
            }
            for (var other : hosts) {
                if (Hosts.match(other, RouteChecks.completed(written, namespace))) {
                    throw spec.bad(
                            "hosts",
                            "'"
                                    + written
                                    + "' and '"
                                    + other
                                    + "' (expected: none within another)");
                }
            }
            hosts.add(RouteChecks.completed(written, namespace));
        }
        return hosts;
    }

    private Http http(Fields rule, boolean delegate) {
        var matches = rule.children("match").stream().map(HttpMatchReader::match).toList();
        var http =
                new Http(
                        rule.text("name"),
                        matches,
                        targets(rule),
                        rule.child("redirect").map(f -> HttpPartsReader.redirect(f, matches)),
                        rule.child("directResponse").map(HttpPartsReader::response),
                        rule.child("delegate").map(this::delegate),
                        rule.child("rewrite").map(HttpPartsReader::rewrite),
                        rule.timeout("timeout"),
                        rule.child("retries").map(HttpPartsReader::retry),
                        rule.child("fault").map(HttpPartsReader::fault),
                        mirroring(rule),
                        rule.child("corsPolicy").map(HttpPartsReader::cors),
                        rule.child("headers").map(HttpPartsReader::headers));
        requireOneAction(rule, http, delegate);
        requireOneAuthority(rule, http.rewrite(), http.headers());
        rule.noOthers();
        return http;
    }

    private Delegate delegate(Fields fields) {
        var named = fields.text("namespace");
        var delegate = new Delegate(fields.required("name"), named.isEmpty() ? namespace : named);
        fields.noOthers();
        return delegate;
    }

    private static void requireOneAction(Fields rule, Http http, boolean delegate) {
        if (http.delegate().isPresent()) {
            if (delegate) {
                throw rule.bad("delegate", "in a delegate (expected: delegates do not delegate)");
            }
            reject(rule, "delegate", "redirect", "route");
            return;
        }
        if (http.redirect().isPresent()) {
            reject(rule, "redirect", "route", "fault", "rewrite", "directResponse");
        } else if (http.response().isPresent()) {
            reject(rule, "directResponse", "route", "fault", "rewrite");
        } else if (http.targets().isEmpty()) {
            throw rule.bad("route", "missing (expected: route, redirect or directResponse)");
        }
    }

    private static void reject(Fields rule, String with, String... others) {
        for (var other : others) {
            if (rule.has(other)) {
                throw rule.bad(other, "set with " + with + " (expected: one of the two)");
            }
        }
    }

    private static void requireOneAuthority(
            Fields rule, Optional<Rewrite> rewrite, Optional<HeaderChanges> headers) {
        var said = new ArrayList<String>();
        rewrite.map(Rewrite::authority).filter(a -> !a.isEmpty()).ifPresent(said::add);
        headers.ifPresent(h -> {
            for (var map : List.of(h.request().set(), h.request().add())) {
                map.forEach((name, value) -> {
                    if (RouteChecks.isAuthority(name)) {
                        said.add(value);
                    }
                });
            }
        });
        if (said.size() > 1) {
            throw rule.bad("headers", "authority set to " + said + " (expected: set once)");
        }
    }

    private Mirroring mirroring(Fields rule) {
        var more = new ArrayList<Mirror>();
        for (var mirror : rule.children("mirrors")) {
            var destination =
                    mirror.child("destination")
                            .map(this::destination)
                            .orElseThrow(() ->
                                    mirror.bad("destination", "missing (expected: a mapping)"));
            more.add(
                    new Mirror(
                            destination,
                            HttpPartsReader.percentage(mirror, "percentage").orElse(Fraction.ALL)));
            mirror.noOthers();
        }
        var one = rule.child("mirror").map(this::destination);
        if (one.isPresent() && !more.isEmpty()) {
            throw rule.bad("mirrors", "set with mirror (expected: one of the two)");
        }
        // Both spellings are in the API: the field's own, and its older JSON name.
        var outdated = rule.has("mirror_percent") ? "mirror_percent" : "mirrorPercent";
        Optional<Fraction> percent =
                rule.has(outdated)
                        ? Optional.of(
                                new Fraction(
                                        rule.integer(outdated, 0, 100, 0), Denominator.HUNDRED))
                        : Optional.empty();
        return new Mirroring(
                one, percent, HttpPartsReader.percentage(rule, "mirrorPercentage"), more);
    }

    private List<Target> targets(Fields rule) {
        var targets = new ArrayList<Target>();
        for (var route : rule.children("route")) {
            targets.add(
                    new Target(
                            required(route),
                            route.integer("weight", 0, Integer.MAX_VALUE, 0),
                            route.child("headers")
                                    .map(HttpPartsReader::headers)
                                    .orElse(HeaderChanges.NONE)));
            route.noOthers();
        }
        requireWeights(rule, targets.stream().map(Target::weight).toList());
        return targets;
    }

    private static void requireWeights(Fields rule, List<Integer> weights) {
        long sum = weights.stream().mapToLong(Integer::longValue).sum();
        if (weights.size() > 1 && (sum == 0 || sum > Integer.MAX_VALUE)) {
            throw rule.bad(
                    "route",
                    "weights sum up to "
                            + sum
                            + " (expected: from 1 to "
                            + Integer.MAX_VALUE
                            + " for several destinations)");
        }
    }

    private Destination required(Fields route) {
        return route.child("destination")
                .map(this::destination)
                .orElseThrow(() -> route.bad("destination", "missing (expected: a mapping)"));
    }

    private Destination destination(Fields fields) {
        var host = RouteChecks.host(fields, "host", fields.required("host"));
        var subset = fields.text("subset");
        if (!subset.isEmpty() && !SUBSET.matcher(subset).matches()) {
            throw fields.bad(
                    "subset", "'" + subset + "' (expected: letters, digits, dashes, at most 63)");
        }
        int port =
                fields.child("port")
                        .map(p -> {
                            int number = p.integer("number", 1, RouteChecks.PORT_MAX, 0);
                            if (number == 0) {
                                throw p.bad("number", "missing (expected: 1 to 65535)");
                            }
                            p.noOthers();
                            return number;
                        })
                        .orElse(0);
        fields.noOthers();
        return new Destination(RouteChecks.completed(host, namespace), subset, port);
    }

    private L4Rule l4(Fields rule, boolean tls, List<String> hosts) {
        var matches = new ArrayList<L4Match>();
        for (var match : rule.children("match")) {
            matches.add(l4Match(match, tls, hosts));
        }
        if (tls && matches.isEmpty()) {
            throw rule.bad("match", "missing (expected: at least one match with sniHosts)");
        }
        var targets = new ArrayList<L4Target>();
        for (var route : rule.children("route")) {
            targets.add(
                    new L4Target(
                            required(route), route.integer("weight", 0, Integer.MAX_VALUE, 0)));
            route.noOthers();
        }
        if (targets.isEmpty()) {
            throw rule.bad("route", "missing (expected: at least one destination)");
        }
        requireWeights(rule, targets.stream().map(L4Target::weight).toList());
        rule.noOthers();
        return new L4Rule(matches, targets);
    }

    private static L4Match l4Match(Fields fields, boolean tls, List<String> hosts) {
        var sni = tls ? fields.texts("sniHosts") : List.<String>of();
        if (tls && sni.isEmpty()) {
            throw fields.bad("sniHosts", "missing (expected: at least one host)");
        }
        for (var host : sni) {
            RouteChecks.host(fields, "sniHosts", host);
            if (hosts.stream().noneMatch(h -> Hosts.within(host, h))) {
                throw fields.bad(
                        "sniHosts", "'" + host + "' (expected: within hosts " + hosts + ")");
            }
        }
        var subnets = new ArrayList<>(fields.texts("destinationSubnets"));
        if (!tls && fields.has("sourceSubnet")) {
            subnets.add(fields.text("sourceSubnet"));
        }
        for (var subnet : subnets) {
            if (dev.ambit.control.resource.Addresses.range(subnet).isEmpty()) {
                throw fields.bad(
                        "destinationSubnets", "'" + subnet + "' (expected: an address or a CIDR)");
            }
        }
        var match =
                new L4Match(
                        sni,
                        fields.integer("port", 0, RouteChecks.PORT_MAX, 0),
                        fields.map("sourceLabels"),
                        fields.text("sourceNamespace"),
                        fields.texts("gateways"),
                        subnets);
        fields.noOthers();
        return match;
    }
}
