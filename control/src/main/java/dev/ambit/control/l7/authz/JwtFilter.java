package dev.ambit.control.l7.authz;

import com.google.protobuf.Empty;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.jwt.Jwks;
import dev.ambit.control.resource.security.RefusedKeys;
import dev.ambit.control.resource.security.RequestAuthentication;
import dev.ambit.control.resource.security.RequestAuthentication.JwtRule;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider.NormalizePayload;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementAndList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks.Builder;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RequirementRule;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// RequestAuthentications of one chain as the filter that verifies tokens. A request without a
/// token passes, one with a token that no issuer of them vouches for does not.
final class JwtFilter {
    private static final String NAME = "envoy.filters.http.jwt_authn";

    /// Claims that are lists though OAuth writes them as one text.
    private static final List<String> SPACE_DELIMITED = List.of("permission", "scope");

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration CACHED = Duration.ofMinutes(5);

    private JwtFilter() {}

    /// Empty when none of them has rules.
    static Optional<HttpFilter> of(List<RequestAuthentication> policies, L7Model model) {
        var rules =
                policies.stream()
                        .flatMap(p -> p.rules().stream())
                        .sorted(Comparator.comparing(JwtRule::issuer))
                        .toList();
        return rules.isEmpty()
                ? Optional.empty()
                : Optional.of(Filters.http(NAME, config(rules, model)));
    }

    private static JwtAuthentication config(List<JwtRule> rules, L7Model model) {
        var config = JwtAuthentication.newBuilder().setBypassCorsPreflight(true);
        var each = new ArrayList<JwtRequirement>();
        var ifPresent = new ArrayList<JwtRequirement>();
        for (int i = 0; i < rules.size(); i++) {
            var name = "origins-" + i;
            config.putProviders(name, provider(rules.get(i), model));
            var valid = JwtRequirement.newBuilder().setProviderName(name).build();
            each.add(valid);
            ifPresent.add(
                    any(
                            List.of(
                                    valid,
                                    JwtRequirement.newBuilder()
                                            .setAllowMissing(Empty.getDefaultInstance())
                                            .build())));
        }
        return config.addRules(
                        RequirementRule.newBuilder()
                                .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                                .setRequires(required(each, ifPresent)))
                .build();
    }

    /// Of several that share a place for tokens, all but one fail: one that succeeds is enough.
    private static JwtRequirement required(
            List<JwtRequirement> each, List<JwtRequirement> ifPresent) {
        if (ifPresent.size() == 1) {
            return ifPresent.getFirst();
        }
        var all = new ArrayList<>(each);
        all.add(
                JwtRequirement.newBuilder()
                        .setRequiresAll(
                                JwtRequirementAndList.newBuilder().addAllRequirements(ifPresent))
                        .build());
        return any(all);
    }

    private static JwtRequirement any(List<JwtRequirement> requirements) {
        return JwtRequirement.newBuilder()
                .setRequiresAny(JwtRequirementOrList.newBuilder().addAllRequirements(requirements))
                .build();
    }

    private static JwtProvider provider(JwtRule rule, L7Model model) {
        var claims = new TreeSet<>(rule.spaceDelimited());
        claims.addAll(SPACE_DELIMITED);
        var provider =
                JwtProvider.newBuilder()
                        .setIssuer(rule.issuer())
                        .addAllAudiences(rule.audiences())
                        .setForward(rule.forward())
                        .setForwardPayloadHeader(rule.payloadHeader())
                        .setPayloadInMetadata("payload")
                        .setNormalizePayloadInMetadata(
                                NormalizePayload.newBuilder().addAllSpaceDelimitedClaims(claims))
                        // Routes may match claims.
                        .setClearRouteCache(true)
                        .addAllFromParams(rule.locations().params())
                        .addAllFromCookies(rule.locations().cookies());
        for (var claim : rule.claimHeaders()) {
            provider.addClaimToHeaders(
                    JwtClaimToHeader.newBuilder()
                            .setHeaderName(claim.header())
                            .setClaimName(claim.claim()));
        }
        for (var header : rule.locations().headers()) {
            provider.addFromHeaders(
                    JwtHeader.newBuilder().setName(header.name()).setValuePrefix(header.prefix()));
        }
        keys(provider, rule, model);
        return provider.build();
    }

    private static void keys(JwtProvider.Builder provider, JwtRule rule, L7Model model) {
        switch (KeySource.of(rule, model)) {
            case KeySource.Inline(var json) -> provider.setLocalJwks(inline(json));
            case KeySource.Fetched(var answer) ->
                    provider.setLocalJwks(
                            inline(
                                    switch (answer) {
                                        case Jwks.Answer.Known(var json, var failure) -> json;
                                        case Jwks.Answer.Missing(var why) -> RefusedKeys.JWKS;
                                        case Jwks.Answer.Pending() -> RefusedKeys.JWKS;
                                    }));
            case KeySource.ByProxy(var cluster) -> provider.setRemoteJwks(remote(rule, cluster));
        }
    }

    private static DataSource inline(String json) {
        return DataSource.newBuilder().setInlineString(json).build();
    }

    private static Builder remote(JwtRule rule, String cluster) {
        return io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks.newBuilder()
                .setHttpUri(
                        HttpUri.newBuilder()
                                .setUri(rule.jwksUri())
                                .setCluster(cluster)
                                .setTimeout(Protos.duration(rule.timeout().orElse(TIMEOUT))))
                .setCacheDuration(Protos.duration(CACHED));
    }
}
