package dev.ambit.control.l7.route;

import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.resource.route.GoQuote;
import dev.ambit.control.resource.route.HttpMatch;
import dev.ambit.control.resource.route.RouteParts.Body;
import dev.ambit.control.resource.route.RouteParts.DirectResponse;
import dev.ambit.control.resource.route.RouteParts.Mirror;
import dev.ambit.control.resource.route.RouteParts.Redirect;
import dev.ambit.control.resource.route.RouteParts.RedirectPort;
import dev.ambit.control.resource.route.RouteParts.Rewrite;
import dev.ambit.control.resource.route.RouteParts.Target;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.Decorator;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction.RedirectResponseCode;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import java.util.List;
import java.util.Optional;

/// One rule, for one of its matches, as Envoy's route.
final class RuleRenderer {
    private static final Duration NEVER = Duration.getDefaultInstance();
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    private final WaypointScope scope;
    private final RouteTable table;
    private final int port;
    private final boolean forwardedHost;

    /// @param port of the chain
    /// @param forwardedHost a rewritten authority is kept in `x-forwarded-host`
    RuleRenderer(WaypointScope scope, RouteTable table, int port, boolean forwardedHost) {
        this.scope = scope;
        this.table = table;
        this.port = port;
        this.forwardedHost = forwardedHost;
    }

    /// @param match absent: everything
    Route route(HttpRule rule, Optional<HttpMatch> match) {
        var matcher =
                match.map(m -> MatchRenderer.match(m, table.gatewayApi()))
                        .orElseGet(MatchRenderer::everything);
        var headers = HeaderRenderer.of(rule.headers());
        var route =
                Route.newBuilder()
                        .setName(name(rule, match))
                        .setMatch(matcher)
                        .setMetadata(origin())
                        .setStatPrefix(match.map(HttpMatch::statPrefix).orElse(""))
                        .addAllRequestHeadersToAdd(headers.requestSet())
                        .addAllRequestHeadersToRemove(headers.requestRemove())
                        .addAllResponseHeadersToAdd(headers.responseSet())
                        .addAllResponseHeadersToRemove(headers.responseRemove())
                        .putAllTypedPerFilterConfig(FilterOverrides.of(rule));
        switch (rule.action()) {
            case HttpAction.Forward forward -> forward(forward, headers.authority(), route);
            case HttpAction.Redirected redirected ->
                    route.setRedirect(redirect(redirected.redirect()));
            case HttpAction.Answered answered ->
                    route.setDirectResponse(response(answered.response()));
        }
        route.setDecorator(Decorator.newBuilder().setOperation(operation(route, matcher)));
        return route.build();
    }

    private static String name(HttpRule rule, Optional<HttpMatch> match) {
        var own = match.map(HttpMatch::name).orElse("");
        return own.isEmpty() ? rule.name() : rule.name() + "." + own;
    }

    /// Where the route was written, for telemetry.
    private Metadata origin() {
        var path =
                "/apis/networking.istio.io/v1/namespaces/"
                        + table.namespace()
                        + "/virtual-service/"
                        + table.name();
        return Metadata.newBuilder()
                .putFilterMetadata(
                        "istio",
                        Struct.newBuilder()
                                .putFields(
                                        "config", Value.newBuilder().setStringValue(path).build())
                                .build())
                .build();
    }

    private void forward(HttpAction.Forward forward, String authority, Route.Builder route) {
        var action =
                RouteAction.newBuilder()
                        .setTimeout(forward.timeout().map(Protos::duration).orElse(NEVER));
        action.setMaxGrpcTimeout(action.getTimeout());
        if (table.gatewayApi()) {
            action.setClusterNotFoundResponseCode(
                    RouteAction.ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR);
        }
        forward.rewrite().ifPresent(r -> rewrite(r, route.getMatch(), action));
        var rewritten = forward.rewrite().map(Rewrite::authority).orElse("");
        var host = rewritten.isEmpty() ? authority : rewritten;
        if (!host.isEmpty()) {
            action.setHostRewriteLiteral(host);
        }
        forward.mirrors().forEach(m -> action.addRequestMirrorPolicies(mirror(m)));
        boolean hashed = false;
        if (forward.targets().size() == 1) {
            hashed = single(forward.targets().getFirst(), action, route);
        } else {
            several(forward.targets(), action);
        }
        Retries.of(forward.retry().or(() -> scope.model().input().mesh().routing().retry()), hashed)
                .ifPresent(action::setRetryPolicy);
        route.setRoute(action);
    }

    private void rewrite(Rewrite rewrite, RouteMatch match, RouteAction.Builder action) {
        action.setAppendXForwardedHost(forwardedHost);
        if (rewrite.regex().isPresent()) {
            action.setRegexRewrite(
                    substitute(rewrite.regex().get().match(), rewrite.regex().get().rewrite()));
        } else if (table.gatewayApi() && rewrite.uri().equals("/")) {
            // The prefix goes, and a slash stays should it have been everything.
            action.setRegexRewrite(
                    substitute(
                            "^" + GoQuote.meta(match.getPathSeparatedPrefix()) + "(/?)(.*)",
                            "/\\2"));
        } else if (!rewrite.uri().isEmpty()) {
            action.setPrefixRewrite(rewrite.uri());
        }
    }

    private static RegexMatchAndSubstitute substitute(String pattern, String substitution) {
        return RegexMatchAndSubstitute.newBuilder()
                .setPattern(MatchRenderer.regex(pattern))
                .setSubstitution(substitution)
                .build();
    }

    private RouteAction.RequestMirrorPolicy mirror(Mirror mirror) {
        return RouteAction.RequestMirrorPolicy.newBuilder()
                .setCluster(Destinations.cluster(scope, mirror.destination(), port))
                .setRuntimeFraction(
                        RuntimeFractionalPercent.newBuilder()
                                .setDefaultValue(FilterOverrides.fraction(mirror.share())))
                .setTraceSampled(BoolValue.of(false))
                .setDisableShadowHostSuffixAppend(true)
                .build();
    }

    /// @return whether its endpoint is chosen by a hash
    private boolean single(Target target, RouteAction.Builder action, Route.Builder route) {
        action.setCluster(Destinations.cluster(scope, target.destination(), port));
        var headers = HeaderRenderer.of(target.headers());
        route.addAllRequestHeadersToAdd(headers.requestSet())
                .addAllRequestHeadersToRemove(headers.requestRemove())
                .addAllResponseHeadersToAdd(headers.responseSet())
                .addAllResponseHeadersToRemove(headers.responseRemove());
        if (!headers.authority().isEmpty() && !action.hasHostRewriteLiteral()) {
            action.setHostRewriteLiteral(headers.authority());
        }
        var hash = Hashes.of(scope, target.destination());
        hash.flatMap(Hashes::policy).ifPresent(action::addHashPolicy);
        return hash.isPresent();
    }

    /// Those without weight are left out.
    private void several(List<Target> targets, RouteAction.Builder action) {
        var weighted = WeightedCluster.newBuilder();
        for (var target : targets) {
            if (target.weight() == 0) {
                continue;
            }
            var headers = HeaderRenderer.of(target.headers());
            var share =
                    WeightedCluster.ClusterWeight.newBuilder()
                            .setName(Destinations.cluster(scope, target.destination(), port))
                            .setWeight(UInt32Value.of(target.weight()))
                            .addAllRequestHeadersToAdd(headers.requestSet())
                            .addAllRequestHeadersToRemove(headers.requestRemove())
                            .addAllResponseHeadersToAdd(headers.responseSet())
                            .addAllResponseHeadersToRemove(headers.responseRemove());
            if (!headers.authority().isEmpty()) {
                share.setHostRewriteLiteral(headers.authority());
            }
            weighted.addClusters(share);
            Hashes.of(scope, target.destination())
                    .flatMap(Hashes::policy)
                    .ifPresent(action::addHashPolicy);
        }
        action.setWeightedClusters(weighted);
    }

    private RedirectAction redirect(Redirect redirect) {
        var action = RedirectAction.newBuilder().setHostRedirect(redirect.authority());
        if (redirect.prefixRewrite().isEmpty()) {
            action.setPathRedirect(redirect.uri());
        } else {
            action.setPrefixRewrite(redirect.prefixRewrite());
        }
        if (!redirect.scheme().isEmpty()) {
            action.setSchemeRedirect(redirect.scheme());
        }
        return action.setPortRedirect(redirectPort(redirect))
                .setResponseCode(code(redirect.code()))
                .build();
    }

    /// Envoy can't take the port of the request, but each chain is for one port. Ports that the
    /// scheme implies are not written out.
    private int redirectPort(Redirect redirect) {
        int number =
                switch (redirect.port()) {
                    case RedirectPort.NotSaid none -> 0;
                    case RedirectPort.OfProtocol none -> 0;
                    case RedirectPort.OfRequest of -> port;
                    case RedirectPort.Number of -> of.port();
                };
        boolean https = redirect.scheme().equals("https");
        return number == (https ? HTTPS_PORT : HTTP_PORT) ? 0 : number;
    }

    private static RedirectResponseCode code(int code) {
        return switch (code) {
            case 302 -> RedirectResponseCode.FOUND;
            case 303 -> RedirectResponseCode.SEE_OTHER;
            case 307 -> RedirectResponseCode.TEMPORARY_REDIRECT;
            case 308 -> RedirectResponseCode.PERMANENT_REDIRECT;
            default -> RedirectResponseCode.MOVED_PERMANENTLY;
        };
    }

    private static DirectResponseAction response(DirectResponse response) {
        var action = DirectResponseAction.newBuilder().setStatus(response.status());
        switch (response.body()) {
            case Body.None none -> {}
            case Body.Text text ->
                    action.setBody(DataSource.newBuilder().setInlineString(text.value()));
            case Body.Bytes bytes ->
                    action.setBody(DataSource.newBuilder().setInlineBytes(bytes.value()));
        }
        return action.build();
    }

    /// What traces call it: the host where there is one, else the resource; and the path.
    private String operation(Route.Builder route, RouteMatch match) {
        var path =
                switch (match.getPathSpecifierCase()) {
                    case PREFIX -> match.getPrefix() + "*";
                    case PATH -> match.getPath();
                    case SAFE_REGEX -> match.getSafeRegex().getRegex();
                    case PATH_SEPARATED_PREFIX,
                            CONNECT_MATCHER,
                            PATH_MATCH_POLICY,
                            PATHSPECIFIER_NOT_SET ->
                            "/*";
                };
        var parts = route.getRoute().getCluster().split("\\|", -1);
        return parts.length == 4
                ? parts[3] + ":" + parts[1] + path
                : table.name() + ":" + port + path;
    }
}
