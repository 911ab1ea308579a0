package dev.ambit.control.l7.route;

import dev.ambit.control.l7.route.Backends.Refused;
import dev.ambit.control.l7.route.Backends.Usable;
import dev.ambit.control.l7.route.Backends.Wrong;
import dev.ambit.control.resource.route.BackendRef;
import dev.ambit.control.resource.route.HttpMatch;
import dev.ambit.control.resource.route.L4Route;
import dev.ambit.control.resource.route.L4Rule;
import dev.ambit.control.resource.route.L4Rule.L4Match;
import dev.ambit.control.resource.route.L7Route;
import dev.ambit.control.resource.route.L7Route.Filter;
import dev.ambit.control.resource.route.L7Route.Rule;
import dev.ambit.control.resource.route.RouteParts.Body;
import dev.ambit.control.resource.route.RouteParts.Cors;
import dev.ambit.control.resource.route.RouteParts.Destination;
import dev.ambit.control.resource.route.RouteParts.DirectResponse;
import dev.ambit.control.resource.route.RouteParts.HeaderChange;
import dev.ambit.control.resource.route.RouteParts.HeaderChanges;
import dev.ambit.control.resource.route.RouteParts.L4Target;
import dev.ambit.control.resource.route.RouteParts.Mirror;
import dev.ambit.control.resource.route.RouteParts.Redirect;
import dev.ambit.control.resource.route.RouteParts.Retry;
import dev.ambit.control.resource.route.RouteParts.Rewrite;
import dev.ambit.control.resource.route.RouteParts.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Rules of Gateway API routes in the one form of all routes. Each has one match, so that those of
/// many routes can be sorted by how exact they are.
final class GatewayRules {
    private static final int UNAVAILABLE = 500;
    private static final String RETRY_ALWAYS =
            "connect-failure,refused-stream,unavailable,cancelled";

    /// Where connections go that may go nowhere: no cluster has that name.
    private static final Destination NOWHERE =
            new Destination("internal.cluster.local", "zero-weight", 65_535);

    private final Backends backends;
    private final String namespace;

    /// Of the rule at hand.
    private @Nullable Wrong wrong;

    /// Of several rules, the last one's.
    private @Nullable Wrong reported;

    /// The first that makes the whole route unusable.
    private @Nullable Wrong refused;

    private GatewayRules(Backends backends, String namespace) {
        this.backends = backends;
        this.namespace = namespace;
    }

    /// @param wrong what is reported; without rules it made the whole route unusable
    record Converted<R>(List<R> rules, Optional<Wrong> wrong) {
        Converted {
            rules = List.copyOf(rules);
        }
    }

    static Converted<HttpRule> of(L7Route route, Backends backends) {
        var converter = new GatewayRules(backends, route.meta().namespace());
        var rules = new ArrayList<HttpRule>();
        for (int i = 0; i < route.rules().size(); i++) {
            var rule = route.rules().get(i);
            converter.start();
            var converted = converter.rule(route, rule, i);
            if (rule.matches().isEmpty()) {
                rules.add(converted);
            }
            for (var match : rule.matches()) {
                rules.add(converted.withMatches(List.of(match)));
            }
        }
        return converter.result(rules);
    }

    static Converted<L4Rule> of(L4Route route, Backends backends) {
        var converter = new GatewayRules(backends, route.meta().namespace());
        var rules = new ArrayList<L4Rule>();
        for (var rule : route.rules()) {
            converter.start();
            rules.add(converter.l4(route, rule));
        }
        return converter.result(rules);
    }

    private void start() {
        reported = wrong == null ? reported : wrong;
        wrong = null;
    }

    private <R> Converted<R> result(List<R> rules) {
        start();
        return refused == null
                ? new Converted<>(rules, Optional.ofNullable(reported))
                : new Converted<>(List.of(), Optional.of(refused));
    }

    private L4Rule l4(L4Route route, List<BackendRef> refs) {
        var targets = new ArrayList<L4Target>();
        var weighty = refs.stream().filter(r -> r.weight() > 0).toList();
        for (var ref : weighty) {
            targets.add(new L4Target(destination(ref), weighty.size() == 1 ? 0 : ref.weight()));
        }
        if (targets.isEmpty()) {
            targets.add(new L4Target(NOWHERE, 0));
        }
        boolean matched = route.tls() && !weighty.isEmpty();
        var sni = route.hostnames().isEmpty() ? List.of("*") : route.hostnames();
        return new L4Rule(matched ? List.of(L4Match.of(sni)) : List.of(), targets);
    }

    private HttpRule rule(L7Route route, Rule rule, int position) {
        var filters = new Filters();
        boolean grpc = route.kind().equals("GRPCRoute");
        for (var filter : rule.filters()) {
            apply(filter, filters, grpc);
        }
        var name =
                rule.name().isEmpty()
                        ? namespace + "." + route.meta().name() + "." + position
                        : rule.name();
        return new HttpRule(
                name,
                List.<HttpMatch>of(),
                action(rule, filters),
                Optional.empty(),
                Optional.ofNullable(filters.cors),
                new HeaderChanges(filters.request, filters.response));
    }

    /// Of one rule, the last of a kind counts.
    private static final class Filters {
        private HeaderChange request = HeaderChange.NONE;
        private HeaderChange response = HeaderChange.NONE;
        private final List<Mirror> mirrors = new ArrayList<>();
        private @Nullable Redirect redirect;
        private @Nullable Rewrite rewrite;
        private @Nullable Cors cors;
        private @Nullable Wrong mirror;
    }

    private void apply(Filter filter, Filters into, boolean grpc) {
        switch (filter) {
            case Filter.RequestHeaders headers -> into.request = headers.change();
            case Filter.ResponseHeaders headers -> into.response = headers.change();
            case Filter.Mirroring mirroring -> mirror(mirroring, into, grpc);
            case Filter.Redirecting redirecting -> {
                refuseFilter(grpc, "RequestRedirect");
                into.redirect = redirecting.redirect();
            }
            case Filter.Rewriting rewriting -> {
                refuseFilter(grpc, "URLRewrite");
                into.rewrite = rewriting.rewrite();
            }
            case Filter.CrossOrigin crossOrigin -> {
                refuseFilter(grpc, "CORS");
                into.cors = crossOrigin.cors();
            }
            case Filter.Unusable unusable -> refuse(new Wrong("InvalidFilter", unusable.why()));
        }
    }

    private void refuseFilter(boolean unsupported, String type) {
        if (unsupported) {
            refuse(new Wrong("InvalidFilter", "unsupported filter type \"" + type + "\""));
        }
    }

    private void refuse(Wrong why) {
        refused = refused == null ? why : refused;
    }

    /// A mirror that leads nowhere is left out; for gRPC it makes the whole route unusable.
    private void mirror(Filter.Mirroring mirroring, Filters into, boolean grpc) {
        switch (backends.of(mirroring.to(), namespace)) {
            case Refused(var why) -> mirrorWrong(why, into, grpc);
            case Usable usable when usable.wrong().isPresent() ->
                    mirrorWrong(usable.wrong().get(), into, grpc);
            case Usable usable -> {
                if (mirroring.share().numerator() > 0) {
                    into.mirrors.add(new Mirror(usable.destination(), mirroring.share()));
                }
            }
        }
    }

    private void mirrorWrong(Wrong why, Filters into, boolean grpc) {
        if (grpc) {
            refuse(why);
        }
        into.mirror = why;
    }

    private HttpAction action(Rule rule, Filters filters) {
        int sum = rule.backends().stream().mapToInt(b -> b.ref().weight()).sum();
        if (filters.redirect != null) {
            // Backends beside a redirect are never asked, but must be right.
            targets(rule);
            finish(filters.mirror);
            return new HttpAction.Redirected(filters.redirect);
        }
        if (sum == 0) {
            wrong = filters.mirror;
            return new HttpAction.Answered(new DirectResponse(UNAVAILABLE, new Body.None()));
        }
        var targets = targets(rule);
        finish(filters.mirror);
        var retry = rule.retry().map(r -> retry(r, rule.backendRequest()));
        var timeout =
                retry.isPresent() || rule.backendRequest().isEmpty()
                        ? rule.request()
                        : rule.backendRequest();
        return new HttpAction.Forward(
                targets, Optional.ofNullable(filters.rewrite), timeout, retry, filters.mirrors);
    }

    private void finish(@Nullable Wrong mirror) {
        if (mirror != null) {
            wrong = wrong == null ? mirror : wrong.and(mirror);
        }
    }

    private static Retry retry(L7Route.RuleRetry retry, Optional<Duration> perTry) {
        var on = new StringBuilder(RETRY_ALWAYS);
        retry.codes().forEach(code -> on.append(',').append(code));
        return new Retry(
                retry.attempts(),
                perTry,
                retry.attempts() == 0 ? "" : on.toString(),
                false,
                Optional.empty(),
                retry.backoff());
    }

    private List<Target> targets(Rule rule) {
        var weighty = rule.backends().stream().filter(b -> b.ref().weight() > 0).toList();
        var targets = new ArrayList<Target>();
        for (var backend : weighty) {
            var to = destination(backend.ref());
            var request = HeaderChange.NONE;
            var response = HeaderChange.NONE;
            for (var filter : backend.filters()) {
                switch (filter) {
                    case Filter.RequestHeaders headers -> request = headers.change();
                    case Filter.ResponseHeaders headers -> response = headers.change();
                    case Filter.Mirroring other -> refuseFilter(true, "RequestMirror");
                    case Filter.Redirecting other -> refuseFilter(true, "RequestRedirect");
                    case Filter.Rewriting other -> refuseFilter(true, "URLRewrite");
                    case Filter.CrossOrigin other -> refuseFilter(true, "CORS");
                    case Filter.Unusable unusable ->
                            refuse(new Wrong("InvalidFilter", unusable.why()));
                }
            }
            int weight = weighty.size() == 1 ? 0 : backend.ref().weight();
            targets.add(new Target(to, weight, new HeaderChanges(request, response)));
        }
        return targets;
    }

    private Destination destination(BackendRef ref) {
        return switch (backends.of(ref, namespace)) {
            case Refused(var why) -> {
                refuse(why);
                yield Destination.UNUSABLE;
            }
            case Usable usable -> {
                wrong = usable.wrong().orElse(wrong);
                yield usable.destination();
            }
        };
    }
}
