package dev.ambit.control.l7.route;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.route.RouteParts.Fraction;
import dev.ambit.control.resource.route.RouteParts.HeaderChanges;
import dev.ambit.control.resource.route.RouteParts.Mirror;
import dev.ambit.control.resource.route.VirtualService;
import dev.ambit.control.resource.route.VirtualService.Delegate;
import dev.ambit.control.resource.route.VirtualService.Http;
import dev.ambit.control.resource.route.VirtualService.Mirroring;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// VirtualServices in the one form of all routes.
final class VirtualServiceRoutes {
    private final Map<String, VirtualService> delegates = new HashMap<>();
    private final List<String> byDefault;
    private final List<Finding> findings;

    private VirtualServiceRoutes(List<String> byDefault, List<Finding> findings) {
        this.byDefault = byDefault;
        this.findings = findings;
    }

    /// @param findings what has no effect is added to it
    static List<RouteTable> of(ResourceSet input, Places places, List<Finding> findings) {
        var routes = new VirtualServiceRoutes(input.mesh().routing().exportTo(), findings);
        var all = input.all(VirtualService.class);
        for (var service : all) {
            if (service.hosts().isEmpty()) {
                routes.delegates.put(service.meta().path(), service);
            }
        }
        var tables = new ArrayList<RouteTable>();
        for (var service : all) {
            if (!service.hosts().isEmpty()) {
                RouteFindings.of(service, findings);
            }
            if (!service.hosts().isEmpty() && service.forMesh()) {
                tables.add(routes.table(service, places.of(service)));
            }
        }
        return tables;
    }

    private RouteTable table(VirtualService service, int order) {
        var http = new ArrayList<HttpRule>();
        int i = 0;
        for (var rule : service.http()) {
            var field = "spec.http[" + i++ + "]";
            if (rule.delegate().isPresent()) {
                delegated(service, rule, rule.delegate().get(), field)
                        .forEach(merged -> http.add(rule(merged)));
            } else {
                http.add(rule(rule));
            }
        }
        return new RouteTable(
                List.of(service.key()),
                service.meta().namespace(),
                service.meta().name(),
                service.meta().created(),
                order,
                false,
                Exports.of(service.exportTo(), byDefault, service.meta().namespace()),
                service.hosts(),
                http,
                service.tls(),
                service.tcp());
    }

    private List<Http> delegated(VirtualService root, Http rule, Delegate named, String field) {
        var path = named.namespace() + "/" + named.name();
        var delegate = delegates.get(path);
        if (delegate == null) {
            missing(root, path, field, "there is no such VirtualService without hosts");
            return List.of();
        }
        var to = Exports.of(delegate.exportTo(), byDefault, delegate.meta().namespace());
        if (!to.contains("*") && !to.contains(root.meta().namespace())) {
            missing(
                    root,
                    path,
                    field,
                    "it is not exported to namespace " + root.meta().namespace());
            return List.of();
        }
        var merged = new ArrayList<Http>();
        for (int i = 0; i < delegate.http().size(); i++) {
            var one = Delegates.merge(rule, delegate.http().get(i));
            one.ifPresent(merged::add);
            if (one.isEmpty()) {
                findings.add(
                        new Finding(
                                Finding.Level.WARNING,
                                "delegate-conflict",
                                delegate.key(),
                                delegate.meta(),
                                "spec.http[" + i + "].match",
                                "not within the match of "
                                        + root.key()
                                        + " "
                                        + field
                                        + ": the rule has no effect there",
                                "match a part of what the root matches"));
            }
        }
        return merged;
    }

    private void missing(VirtualService root, String path, String field, String why) {
        findings.add(
                new Finding(
                        Finding.Level.ERROR,
                        "delegate-missing",
                        root.key(),
                        root.meta(),
                        field + ".delegate",
                        "VirtualService " + path + ": " + why + "; the rule has no effect",
                        "name a VirtualService that has no hosts and is visible here"));
    }

    static HttpRule rule(Http http) {
        HttpAction action;
        if (http.redirect().isPresent()) {
            action = new HttpAction.Redirected(http.redirect().get());
        } else if (http.response().isPresent()) {
            action = new HttpAction.Answered(http.response().get());
        } else {
            action =
                    new HttpAction.Forward(
                            http.targets(),
                            http.rewrite(),
                            http.timeout(),
                            http.retry(),
                            mirrors(http.mirroring()));
        }
        return new HttpRule(
                http.name(),
                http.matches(),
                action,
                http.fault(),
                http.cors(),
                http.headers().orElse(HeaderChanges.NONE));
    }

    /// A share of nothing is no mirror.
    private static List<Mirror> mirrors(Mirroring mirroring) {
        var mirrors = new ArrayList<Mirror>();
        mirroring
                .one()
                .ifPresent(d ->
                        mirrors.add(
                                new Mirror(d, first(mirroring.percentage(), mirroring.percent()))));
        mirrors.addAll(mirroring.more());
        mirrors.removeIf(m -> m.share().numerator() == 0);
        return mirrors;
    }

    private static Fraction first(Optional<Fraction> percentage, Optional<Fraction> percent) {
        return percentage.or(() -> percent).orElse(Fraction.ALL);
    }
}
