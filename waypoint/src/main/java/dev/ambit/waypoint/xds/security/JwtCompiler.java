package dev.ambit.waypoint.xds.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Any;
import com.google.protobuf.util.Durations;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.match.TextMatch;
import dev.ambit.waypoint.security.JwkSet;
import dev.ambit.waypoint.security.JwtKeys;
import dev.ambit.waypoint.security.JwtProvider.ClaimHeader;
import dev.ambit.waypoint.security.JwtProvider.FromHeader;
import dev.ambit.waypoint.security.JwtRequirement;
import dev.ambit.waypoint.security.JwtStage;
import dev.ambit.waypoint.security.RemoteKeys;
import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.security.SecurityLimits;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import dev.ambit.waypoint.xds.route.MatchCompiler;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.FilterStateRule;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RequirementRule;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/// `envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication`.
public final class JwtCompiler {
    /// Of fetched keys, where the configuration has no duration.
    private static final Duration KEEP = Duration.ofMinutes(10);

    private static final String BEARER = "Bearer ";

    private final SecurityLimits limits;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final SecurityCounters counters;

    public JwtCompiler(
            SecurityLimits limits,
            InstantSource clock,
            LongSupplier nanoTime,
            SecurityCounters counters) {
        this.limits = limits;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.counters = counters;
    }

    public Optional<HttpStage> http(CompileScope scope, String name, Any any) throws Refused {
        var config = CompileScope.unpack("jwt_authn", any, JwtAuthentication.parser());
        try {
            return Optional.of(new JwtStage(name, config(scope, config), limits, clock, counters));
        } catch (Refused refused) {
            throw refused.in("jwt_authn");
        }
    }

    /// `PerRouteConfig`.
    public Object perRoute(CompileScope scope, String name, Any any) throws Refused {
        var config = CompileScope.unpack("jwt_authn", any, PerRouteConfig.parser());
        return switch (config.getRequirementSpecifierCase()) {
            case DISABLED -> new JwtStage.PerRoute(Optional.empty());
            case REQUIREMENT_NAME ->
                    new JwtStage.PerRoute(Optional.of(config.getRequirementName()));
            case REQUIREMENTSPECIFIER_NOT_SET ->
                    throw new Refused(
                            "jwt_authn.requirement_specifier", "", "disabled or requirement_name");
        };
    }

    private JwtStage.Config config(CompileScope scope, JwtAuthentication config) throws Refused {
        var providers = new TreeMap<String, dev.ambit.waypoint.security.JwtProvider>();
        for (var entry : config.getProvidersMap().entrySet()) {
            try {
                providers.put(entry.getKey(), provider(scope, entry.getKey(), entry.getValue()));
            } catch (Refused refused) {
                throw refused.in("providers[" + entry.getKey() + "]");
            }
        }
        var requirements = new Requirements(providers);
        var named = new HashMap<String, JwtRequirement>();
        for (var entry : config.getRequirementMapMap().entrySet()) {
            named.put(entry.getKey(), requirements.of(entry.getValue()));
        }
        var rules = new ArrayList<JwtStage.Rule>();
        for (var rule : config.getRulesList()) {
            rules.add(rule(rule, requirements, named));
        }
        return new JwtStage.Config(
                List.copyOf(providers.values()),
                List.copyOf(rules),
                config.hasFilterStateRules()
                        ? Optional.of(byFilterState(config.getFilterStateRules(), requirements))
                        : Optional.empty(),
                Map.copyOf(named),
                config.getBypassCorsPreflight(),
                config.getStripFailureResponse());
    }

    private static JwtStage.Rule rule(
            RequirementRule rule, Requirements requirements, Map<String, JwtRequirement> named)
            throws Refused {
        var requirement =
                switch (rule.getRequirementTypeCase()) {
                    case REQUIRES -> requirements.of(rule.getRequires());
                    case REQUIREMENT_NAME -> {
                        var found = named.get(rule.getRequirementName());
                        if (found == null) {
                            throw new Refused(
                                    "rules.requirement_name",
                                    rule.getRequirementName(),
                                    "a name of requirement_map");
                        }
                        yield found;
                    }
                    case REQUIREMENTTYPE_NOT_SET -> new JwtRequirement.Nothing();
                };
        return new JwtStage.Rule(MatchCompiler.compile(rule.getMatch()), requirement);
    }

    private static JwtStage.ByFilterState byFilterState(
            FilterStateRule rule, Requirements requirements) throws Refused {
        var byValue = new HashMap<String, JwtRequirement>();
        for (var entry : rule.getRequiresMap().entrySet()) {
            byValue.put(entry.getKey(), requirements.of(entry.getValue()));
        }
        return new JwtStage.ByFilterState(rule.getName(), Map.copyOf(byValue));
    }

    private dev.ambit.waypoint.security.JwtProvider provider(
            CompileScope scope, String name, JwtProvider p) throws Refused {
        boolean elsewhere =
                p.getFromHeadersCount() + p.getFromParamsCount() + p.getFromCookiesCount() > 0;
        var fromHeaders = new ArrayList<FromHeader>();
        for (var header : p.getFromHeadersList()) {
            fromHeaders.add(new FromHeader(Ascii.lower(header.getName()), header.getValuePrefix()));
        }
        if (!elsewhere) {
            fromHeaders.add(new FromHeader("authorization", BEARER));
        }
        var claims = new ArrayList<ClaimHeader>();
        for (var claim : p.getClaimToHeadersList()) {
            claims.add(new ClaimHeader(Ascii.lower(claim.getHeaderName()), claim.getClaimName()));
        }
        long skew = Integer.toUnsignedLong(p.getClockSkewSeconds());
        return new dev.ambit.waypoint.security.JwtProvider(
                name,
                p.getIssuer(),
                Set.copyOf(p.getAudiencesList()),
                subjects(p),
                lifetime(p),
                skew == 0 ? dev.ambit.waypoint.security.JwtProvider.DEFAULT_SKEW_SECONDS : skew,
                keys(scope, p),
                List.copyOf(fromHeaders),
                elsewhere ? List.copyOf(p.getFromParamsList()) : List.of("access_token"),
                List.copyOf(p.getFromCookiesList()),
                p.getForward(),
                Ascii.lower(p.getForwardPayloadHeader()),
                p.getPadForwardPayloadHeader(),
                List.copyOf(claims),
                p.getPayloadInMetadata(),
                p.getHeaderInMetadata(),
                p.getFailedStatusInMetadata(),
                List.copyOf(p.getNormalizePayloadInMetadata().getSpaceDelimitedClaimsList()),
                p.getClearRouteCache());
    }

    private static Optional<TextMatch> subjects(JwtProvider p) throws Refused {
        return p.hasSubjects() ? Optional.of(Matchers.text(p.getSubjects())) : Optional.empty();
    }

    private static Optional<Duration> lifetime(JwtProvider p) {
        if (p.hasMaxLifetime()) {
            return Optional.of(Duration.ofSeconds(p.getMaxLifetime().getSeconds()));
        }
        return p.getRequireExpiration()
                ? Optional.of(dev.ambit.waypoint.security.JwtProvider.ANY_LIFETIME)
                : Optional.empty();
    }

    private JwtKeys keys(CompileScope scope, JwtProvider p) throws Refused {
        return switch (p.getJwksSourceSpecifierCase()) {
            case LOCAL_JWKS -> local(scope, p.getLocalJwks());
            case REMOTE_JWKS -> remote(scope, p.getRemoteJwks());
            case JWKSSOURCESPECIFIER_NOT_SET -> new JwtKeys.None();
        };
    }

    /// Keys that are none are no reason to refuse the whole: what istiod could not fetch it sends
    /// as such, so that tokens are refused.
    private JwtKeys local(CompileScope scope, DataSource source) throws Refused {
        var json =
                switch (source.getSpecifierCase()) {
                    case INLINE_STRING -> source.getInlineString().getBytes(UTF_8);
                    case INLINE_BYTES -> source.getInlineBytes().toByteArray();
                    case FILENAME, ENVIRONMENT_VARIABLE, SPECIFIER_NOT_SET ->
                            throw new Refused(
                                    "local_jwks",
                                    source.getSpecifierCase().toString(),
                                    "inline_string or inline_bytes");
                };
        var set = JwkSet.parse(json, limits);
        if (set.isEmpty()) {
            scope.skipped("local_jwks without a key that can be used: its tokens are refused");
        }
        return new JwtKeys.Local(set);
    }

    private JwtKeys remote(CompileScope scope, RemoteJwks remote) throws Refused {
        var uri = remote.getHttpUri();
        if (uri.getCluster().isEmpty()) {
            throw new Refused("remote_jwks.http_uri.cluster", "", "the name of a cluster");
        }
        scope.needsCluster(uri.getCluster());
        var target = HttpTarget.of("remote_jwks.http_uri.uri", uri.getUri());
        var source =
                new RemoteKeys.Source(
                        uri.getCluster(),
                        target.authority(),
                        target.path(),
                        Duration.ofNanos(Durations.toNanos(uri.getTimeout())),
                        remote.hasCacheDuration()
                                ? Duration.ofNanos(Durations.toNanos(remote.getCacheDuration()))
                                : KEEP);
        return new JwtKeys.Remote(new RemoteKeys(source, limits, nanoTime, counters));
    }

    /// Requirements by providers' names.
    private record Requirements(
            SequencedMap<String, dev.ambit.waypoint.security.JwtProvider> providers) {

        JwtRequirement of(io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement r)
                throws Refused {
            return of(r, List.of());
        }

        /// @param beside providers of the list that this stands in
        private JwtRequirement of(
                io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement r,
                List<dev.ambit.waypoint.security.JwtProvider> beside)
                throws Refused {
            return switch (r.getRequiresTypeCase()) {
                case PROVIDER_NAME ->
                        new JwtRequirement.Of(provider(r.getProviderName()), Optional.empty());
                case PROVIDER_AND_AUDIENCES -> {
                    var audiences = r.getProviderAndAudiences().getAudiencesList();
                    yield new JwtRequirement.Of(
                            provider(r.getProviderAndAudiences().getProviderName()),
                            audiences.isEmpty()
                                    ? Optional.empty()
                                    : Optional.of(Set.copyOf(audiences)));
                }
                case REQUIRES_ANY -> anyOf(r.getRequiresAny().getRequirementsList());
                case REQUIRES_ALL -> {
                    var all = new ArrayList<JwtRequirement>();
                    for (var each : r.getRequiresAll().getRequirementsList()) {
                        all.add(of(each));
                    }
                    yield new JwtRequirement.AllOf(List.copyOf(all));
                }
                case ALLOW_MISSING -> new JwtRequirement.Optionally(beside, false);
                case ALLOW_MISSING_OR_FAILED -> new JwtRequirement.Optionally(beside, true);
                case REQUIRESTYPE_NOT_SET -> new JwtRequirement.Nothing();
                default ->
                        throw new Refused(
                                "requires",
                                r.getRequiresTypeCase().toString(),
                                "a requirement that is known; is the control plane newer?");
            };
        }

        /// Of those that ask for less than a token one is kept, the laxer, and it comes last.
        private JwtRequirement anyOf(
                List<io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement> list)
                throws Refused {
            var any = new ArrayList<JwtRequirement>();
            var beside = new ArrayList<dev.ambit.waypoint.security.JwtProvider>();
            boolean missing = false;
            boolean failed = false;
            for (var each : list) {
                switch (each.getRequiresTypeCase()) {
                    case ALLOW_MISSING -> missing = true;
                    case ALLOW_MISSING_OR_FAILED -> failed = true;
                    default -> {
                        var requirement = of(each);
                        any.add(requirement);
                        if (requirement instanceof JwtRequirement.Of of) {
                            beside.add(of.provider());
                        }
                    }
                }
            }
            if (missing || failed) {
                any.add(new JwtRequirement.Optionally(beside, failed));
            }
            return new JwtRequirement.AnyOf(List.copyOf(any));
        }

        private dev.ambit.waypoint.security.JwtProvider provider(String name) throws Refused {
            var provider = providers.get(name);
            if (provider == null) {
                throw new Refused("provider_name", name, "one of " + providers.keySet());
            }
            return provider;
        }
    }
}
