package dev.ambit.waypoint.security;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.route.RouteMatch;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Step;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// `envoy.filters.http.jwt_authn`: 401, or 403 for another's audience, for requests without the
/// tokens that they need.
///
/// Signatures are verified on the loop, once per token and key set: 75 µs for RS256, 450 for ES256.
/// Other threads would be the same cores, with a queue of strangers' tokens between.
public final class JwtStage implements HttpStage {
    /// Also where its dynamic metadata is.
    public static final String NAMESPACE = "envoy.filters.http.jwt_authn";

    /// Of the request's address in `www-authenticate`, characters.
    private static final int LONGEST_PATH = 256;

    private final String name;
    private final Config config;
    private final Map<String, JwtProvider> byIssuer = new HashMap<>();
    private final SecurityLimits limits;
    private final InstantSource clock;
    private final boolean fetches;
    private final LongAdder allowed;
    private final LongAdder denied;
    private final LongAdder bypassed;
    private final LongAdder hits;
    private final LongAdder misses;

    /// @param providers in the order of their names; of two with one issuer the first is taken
    /// @param rules of which the first that matches counts; none means that nothing is needed
    /// @param byFilterState where no rule matches
    /// @param named requirements, for routes
    /// @param terse whether refusals say nothing
    public record Config(
            List<JwtProvider> providers,
            List<Rule> rules,
            Optional<ByFilterState> byFilterState,
            Map<String, JwtRequirement> named,
            boolean bypassPreflight,
            boolean terse) {}

    public record Rule(RouteMatch match, JwtRequirement requirement) {}

    /// @param key of filter state, whose text selects a requirement
    public record ByFilterState(String key, Map<String, JwtRequirement> requirements) {}

    /// What a route says instead of the rules.
    ///
    /// @param requirement one of those that have names; empty for none at all
    public record PerRoute(Optional<String> requirement) {}

    public JwtStage(
            String name,
            Config config,
            SecurityLimits limits,
            InstantSource clock,
            SecurityCounters counters) {
        this.name = name;
        this.config = config;
        this.limits = limits;
        this.clock = clock;
        for (var provider : config.providers) {
            byIssuer.putIfAbsent(provider.issuer(), provider);
        }
        fetches = config.providers.stream().anyMatch(p -> p.keys() instanceof JwtKeys.Remote);
        allowed = counters.counter("http.jwt_authn.allowed");
        denied = counters.counter("http.jwt_authn.denied");
        bypassed = counters.counter("http.jwt_authn.cors_preflight_bypassed");
        hits = counters.counter("http.jwt_authn.jwt_cache_hit");
        misses = counters.counter("http.jwt_authn.jwt_cache_miss");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Step onRequest(Exchange exchange) {
        var head = exchange.request();
        if (config.bypassPreflight && isPreflight(head)) {
            bypassed.increment();
            allowed.increment();
            return Step.NEXT;
        }
        JwtRequirement requirement;
        if (exchange.routeConfig(name) instanceof PerRoute(var named)) {
            requirement =
                    named.isEmpty() ? new JwtRequirement.Nothing() : config.named.get(named.get());
            if (requirement == null) {
                return wrongRequirement(named.orElse(""));
            }
        } else {
            requirement = requirement(exchange, head);
        }
        if (!fetches) {
            return judged(exchange, requirement, Set.of());
        }
        var wanting = withoutKeys(requirement, head);
        return wanting.isEmpty()
                ? judged(exchange, requirement, Set.of())
                : fetch(exchange, requirement, wanting);
    }

    private static boolean isPreflight(RequestHead head) {
        return head.method().equals("OPTIONS")
                && isThere(head.headers().get("origin"))
                && isThere(head.headers().get("access-control-request-method"));
    }

    private static boolean isThere(@Nullable String value) {
        return value != null && !value.isEmpty();
    }

    private Step wrongRequirement(String named) {
        denied.increment();
        var why = "Wrong requirement_name: " + named + ". It should be one of [" + names() + "]";
        return Step.answer(
                LocalReply.of(
                        403,
                        config.terse ? "" : "Failed JWT authentication: " + why,
                        details(why)));
    }

    private String names() {
        return String.join(",", config.named.keySet().stream().sorted().toList());
    }

    private JwtRequirement requirement(Exchange exchange, RequestHead head) {
        if (!config.rules.isEmpty()) {
            var path = Facts.withoutQuery(head.path());
            for (int i = 0; i < config.rules.size(); i++) {
                var rule = config.rules.get(i);
                if (rule.match.matches(path, head, exchange.info(), 0)) {
                    return rule.requirement;
                }
            }
        }
        if (config.byFilterState.isPresent()) {
            var by = config.byFilterState.get();
            var value = FilterStateView.text(exchange.info(), by.key);
            var found = value == null ? null : by.requirements.get(value);
            if (found != null) {
                return found;
            }
        }
        return new JwtRequirement.Nothing();
    }

    /// Providers with a token in this request that no keys are there for.
    private Set<JwtProvider> withoutKeys(JwtRequirement requirement, RequestHead head) {
        var wanting = new LinkedHashSet<JwtProvider>(0);
        collect(requirement, head, wanting);
        return wanting;
    }

    private void collect(JwtRequirement requirement, RequestHead head, Set<JwtProvider> into) {
        switch (requirement) {
            case JwtRequirement.Of of -> {
                if (isWanting(of.provider()) && !of.locations().find(head).isEmpty()) {
                    into.add(of.provider());
                }
            }
            case JwtRequirement.AnyOf(var any) -> any.forEach(r -> collect(r, head, into));
            case JwtRequirement.AllOf(var all) -> all.forEach(r -> collect(r, head, into));
            case JwtRequirement.Optionally optionally -> {
                for (var found : optionally.locations().find(head)) {
                    for (var provider : config.providers) {
                        if (isWanting(provider) && found.mayBeOf(provider.issuer())) {
                            into.add(provider);
                        }
                    }
                }
            }
            case JwtRequirement.Nothing _ -> {}
        }
    }

    private static boolean isWanting(JwtProvider provider) {
        return provider.keys() instanceof JwtKeys.Remote(var keys) && keys.current().isEmpty();
    }

    private Step fetch(Exchange exchange, JwtRequirement requirement, Set<JwtProvider> wanting) {
        var left = new ArrayList<>(wanting);
        var unreachable = new HashSet<JwtProvider>();
        for (var provider : wanting) {
            if (!(provider.keys() instanceof JwtKeys.Remote(var keys))) {
                throw new IllegalStateException("only keys of servers are fetched");
            }
            keys.fetch(
                    exchange,
                    good -> {
                        left.remove(provider);
                        if (!good) {
                            unreachable.add(provider);
                        }
                        if (left.isEmpty() && !exchange.ended()) {
                            exchange.resume(judged(exchange, requirement, unreachable));
                        }
                    });
        }
        return Step.LATER;
    }

    private Step judged(
            Exchange exchange, JwtRequirement requirement, Set<JwtProvider> unreachable) {
        if (requirement instanceof JwtRequirement.Nothing) {
            allowed.increment();
            return Step.NEXT;
        }
        var head = exchange.request();
        var path = head.path();
        var evaluation =
                new JwtEvaluation(
                        head,
                        clock.millis() / 1_000,
                        this::provider,
                        unreachable,
                        limits.tokenText(),
                        hits,
                        misses);
        var status = evaluation.judge(requirement);
        evaluation
                .told()
                .forEach((key, value) -> exchange.info().dynamicMetadata(NAMESPACE, key, value));
        if (status != JwtStatus.OK) {
            denied.increment();
            return Step.answer(refusal(status, head, path));
        }
        allowed.increment();
        if (evaluation.clearRoute()) {
            exchange.clearRoute();
        }
        return Step.NEXT;
    }

    private @Nullable JwtProvider provider(String issuer) {
        var provider = byIssuer.get(issuer);
        return provider == null ? byIssuer.get("") : provider;
    }

    /// @param path as the caller wrote it, before a token is taken out
    private LocalReply refusal(JwtStatus status, RequestHead head, String path) {
        var headers = new Headers();
        if (!config.terse) {
            var error = status == JwtStatus.MISSING ? "" : ", error=\"invalid_token\"";
            headers.add("www-authenticate", "Bearer realm=\"" + address(head, path) + "\"" + error);
        }
        return new LocalReply(
                status.httpStatus(),
                config.terse ? "" : status.text(),
                headers,
                OptionalInt.empty(),
                Optional.empty(),
                details(status.text()));
    }

    private static String address(RequestHead head, String path) {
        if (path.isEmpty()) {
            return "";
        }
        var original = head.headers().get("x-envoy-original-path");
        var shown = original == null ? path : original;
        return head.scheme()
                + "://"
                + head.authority()
                + shown.substring(0, Math.min(shown.length(), LONGEST_PATH));
    }

    private static String details(String why) {
        return "jwt_authn_access_denied{" + AccessFilter.withoutBlanks(why) + "}";
    }
}
