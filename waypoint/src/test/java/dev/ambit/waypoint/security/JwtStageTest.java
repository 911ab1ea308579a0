package dev.ambit.waypoint.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.match.TextMatch;
import dev.ambit.waypoint.route.PathMatch;
import dev.ambit.waypoint.route.RouteMatch;
import dev.ambit.waypoint.security.JwtProvider.ClaimHeader;
import dev.ambit.waypoint.security.JwtProvider.FromHeader;
import dev.ambit.waypoint.stage.Step;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JwtStageTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(1_000));
    private static final String GOOD = "{\"iss\":\"i\",\"sub\":\"s\",\"exp\":2000}";

    private final SecurityCounters counters = new SecurityCounters();
    private long nanos = 1;

    /// What a test changes of a provider that believes `i`, and tells nothing.
    private static final class Provider {
        private String name = "origins-0";
        private String issuer = "i";
        private Set<String> audiences = Set.of();
        private Optional<TextMatch> subjects = Optional.empty();
        private Optional<Duration> lifetime = Optional.empty();
        private JwtKeys keys = new JwtKeys.Local(Optional.of(TestTokens.set("HS256", "ES256")));
        private List<FromHeader> headers = List.of(new FromHeader("authorization", "Bearer "));
        private List<String> params = List.of("access_token");
        private List<String> cookies = List.of();
        private boolean forward = true;
        private String payloadHeader = "";
        private List<ClaimHeader> claims = List.of();
        private String payloadKey = "";
        private String failureKey = "";
        private boolean clearRoute;

        JwtProvider build() {
            return new JwtProvider(
                    name,
                    issuer,
                    audiences,
                    subjects,
                    lifetime,
                    60,
                    keys,
                    headers,
                    params,
                    cookies,
                    forward,
                    payloadHeader,
                    false,
                    claims,
                    payloadKey,
                    "",
                    failureKey,
                    List.of("scope"),
                    clearRoute);
        }
    }

    private JwtStage stage(JwtRequirement requirement, JwtProvider... providers) {
        return stage(requirement, true, false, providers);
    }

    private JwtStage stage(
            JwtRequirement requirement, boolean bypass, boolean terse, JwtProvider... providers) {
        return new JwtStage(
                "jwt",
                new JwtStage.Config(
                        List.of(providers),
                        List.of(
                                new JwtStage.Rule(
                                        RouteMatch.of(new PathMatch.Prefix("/")), requirement)),
                        Optional.empty(),
                        Map.of("all", new JwtRequirement.Nothing()),
                        bypass,
                        terse),
                SecurityLimits.DEFAULT,
                CLOCK,
                counters);
    }

    private static JwtRequirement of(JwtProvider provider) {
        return new JwtRequirement.Of(provider, Optional.empty());
    }

    /// As istiod writes it for several rules.
    private static JwtRequirement istio(JwtProvider... providers) {
        var any = new java.util.ArrayList<JwtRequirement>();
        var all = new java.util.ArrayList<JwtRequirement>();
        for (var provider : providers) {
            any.add(of(provider));
            all.add(
                    new JwtRequirement.AnyOf(
                            List.of(
                                    of(provider),
                                    new JwtRequirement.Optionally(List.of(provider), false))));
        }
        any.add(new JwtRequirement.AllOf(all));
        return new JwtRequirement.AnyOf(any);
    }

    private static TestExchange bearing(String token) {
        return new TestExchange().path("/p?a=1").header("authorization", "Bearer " + token);
    }

    private static String said(Step step) {
        return step instanceof Step.Answer(var reply)
                ? reply.status() + " " + reply.body()
                : "passes";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'iss':'i','exp':2000}; passes",
                "{'iss':'i'}; passes",
                "{'iss':'j'}; 401 Jwt issuer is not configured",
                "{'exp':2000}; 401 Jwt issuer is not configured",
                "{'iss':'i','exp':900}; 401 Jwt is expired",
                "{'iss':'i','nbf':1100}; 401 Jwt not yet valid",
            })
    void onRequest_claims_areJudgedAsEnvoyDoes(String payload, String said) {
        var provider = new Provider().build();
        var token = TestTokens.token("HS256", payload.replace('\'', '"'));
        assertThat(said(stage(of(provider), provider).onRequest(bearing(token)))).isEqualTo(said);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "^shop^; passes",
                "[^x^,^shop^]; passes",
                "^https://shop/^; passes",
                "^x^; 403 Audiences in Jwt are not allowed",
                "[]; 403 Audiences in Jwt are not allowed",
            })
    void onRequest_audiences_anyOfThemWillDo(String audience, String said) {
        var mine = new Provider();
        mine.audiences = Set.of("http://shop");
        var provider = mine.build();
        var payload = "{\"iss\":\"i\",\"aud\":" + audience.replace('^', '"') + "}";
        var exchange = bearing(TestTokens.token("HS256", payload));
        assertThat(said(stage(of(provider), provider).onRequest(exchange))).isEqualTo(said);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 2000, s, true",
        "1, 2000, x, false",
        "0, 2000, s, false",
        "1, 0, s, false",
        "2, 0, s, true",
    })
    void onRequest_subjectAndLifetime_areLimited(
            int limit, long expires, String subject, boolean passes) {
        var mine = new Provider();
        mine.subjects = Optional.of(new TextMatch.Exact("s"));
        mine.lifetime =
                switch (limit) {
                    case 0 -> Optional.of(Duration.ofSeconds(1_000));
                    case 1 -> Optional.of(JwtProvider.ANY_LIFETIME);
                    default -> Optional.empty();
                };
        var provider = mine.build();
        var payload = "{\"iss\":\"i\",\"sub\":\"" + subject + "\",\"exp\":" + expires + "}";
        var said =
                said(
                        stage(of(provider), provider)
                                .onRequest(bearing(TestTokens.token("HS256", payload))));
        assertThat(said).isEqualTo(passes ? "passes" : "401 Jwt verification fails");
    }

    @Test
    void onRequest_refused_tellsWhereAndWhy() {
        var provider = new Provider().build();
        var stage = stage(of(provider), provider);
        var missing = (Step.Answer) stage.onRequest(new TestExchange().path("/p?a=1"));
        assertThat(missing.reply().headers().get("www-authenticate"))
                .isEqualTo("Bearer realm=\"http://web.shop/p?a=1\"");
        assertThat(missing.reply().details()).isEqualTo("jwt_authn_access_denied{Jwt_is_missing}");

        var bad = (Step.Answer) stage.onRequest(bearing("a.b"));
        assertThat(bad.reply().headers().get("www-authenticate"))
                .isEqualTo("Bearer realm=\"http://web.shop/p?a=1\", error=\"invalid_token\"");
        assertThat(counters.value("http.jwt_authn.denied")).isEqualTo(2);

        var terse = stage(of(provider), true, true, provider);
        var silent = (Step.Answer) terse.onRequest(bearing("a.b"));
        assertThat(silent.reply().body()).isEmpty();
        assertThat(silent.reply().headers().isEmpty()).isTrue();
    }

    @Test
    void onRequest_istiosShape_noTokenPasses_badOneDoesNot_oneOfTwoWillDo() {
        var first = new Provider().build();
        var other = new Provider();
        other.name = "origins-1";
        other.issuer = "j";
        other.headers = List.of(new FromHeader("x-jwt", ""));
        other.params = List.of();
        var second = other.build();
        var stage = stage(istio(first, second), first, second);
        var good = TestTokens.token("HS256", GOOD);
        var expired = TestTokens.token("HS256", "{\"iss\":\"j\",\"exp\":1}");

        assertThat(said(stage.onRequest(new TestExchange()))).isEqualTo("passes");
        assertThat(said(stage.onRequest(bearing(good)))).isEqualTo("passes");
        assertThat(said(stage.onRequest(bearing(good).header("x-jwt", expired))))
                .isEqualTo("passes");
        assertThat(said(stage.onRequest(new TestExchange().header("x-jwt", expired))))
                .isEqualTo("401 Jwt is expired");
        assertThat(said(stage.onRequest(bearing("x"))))
                .isEqualTo("401 " + JwtStatus.BAD_FORMAT.text());
    }

    @ParameterizedTest
    @CsvSource({"false, 401 Jwt is expired", "true, passes"})
    void onRequest_optional_badTokens(boolean failedToo, String said) {
        var provider = new Provider().build();
        var requirement =
                new JwtRequirement.AnyOf(
                        List.of(
                                of(provider),
                                new JwtRequirement.Optionally(List.of(provider), failedToo)));
        var stage = stage(requirement, provider);
        var expired = TestTokens.token("HS256", "{\"iss\":\"i\",\"exp\":1}");
        assertThat(said(stage.onRequest(bearing(expired)))).isEqualTo(said);
        assertThat(said(stage.onRequest(new TestExchange()))).isEqualTo("passes");
    }

    /// A good one beside it must not hide a bad one from the application.
    @Test
    void onRequest_goodAndBadTokenOfOneProvider_refused() {
        var provider = new Provider().build();
        var exchange =
                bearing(TestTokens.token("HS256", GOOD)).header("authorization", "Bearer a.b.c");
        assertThat(said(stage(of(provider), provider).onRequest(exchange))).startsWith("401");
    }

    @Test
    void onRequest_preflight_passesWhereToldSo() {
        var provider = new Provider().build();
        for (boolean bypass : new boolean[] {true, false}) {
            var exchange =
                    new TestExchange()
                            .method("OPTIONS")
                            .header("origin", "http://a")
                            .header("access-control-request-method", "GET");
            assertThat(said(stage(of(provider), bypass, false, provider).onRequest(exchange)))
                    .isEqualTo(bypass ? "passes" : "401 Jwt is missing");
        }
        assertThat(counters.value("http.jwt_authn.cors_preflight_bypassed")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"all, passes", "'', passes", "none, 403"})
    void onRequest_route_namesAnotherRequirement(String named, String said) {
        var provider = new Provider().build();
        var own = new JwtStage.PerRoute(named.isEmpty() ? Optional.empty() : Optional.of(named));
        assertThat(
                        said(
                                stage(of(provider), provider)
                                        .onRequest(new TestExchange().routeConfig(own))))
                .startsWith(said);
    }

    @Test
    void onRequest_believed_tellsHeadersAndMetadata_andTakesTheTokenOut() {
        var mine = new Provider();
        mine.forward = false;
        mine.payloadHeader = "x-payload";
        mine.claims =
                List.of(
                        new ClaimHeader("x-sub", "sub"),
                        new ClaimHeader("x-role", "realm.role"),
                        new ClaimHeader("x-n", "n"),
                        new ClaimHeader("x-list", "list"),
                        new ClaimHeader("x-evil", "evil"));
        mine.payloadKey = "payload";
        mine.clearRoute = true;
        var provider = mine.build();
        var payload =
                "{\"iss\":\"i\",\"sub\":\"\u00e9\",\"realm\":{\"role\":true},\"n\":7,"
                        + "\"list\":[1,\"a\"],\"evil\":\"a\\r\\nx: y\",\"scope\":\"a  b\"}";
        var exchange =
                new TestExchange()
                        .path("/p?access_token=" + TestTokens.token("HS256", payload) + "&b=%201")
                        .header("x-sub", "forged")
                        .header("x-payload", "forged")
                        .header("x-evil", "forged");
        assertThat(said(stage(of(provider), provider).onRequest(exchange))).isEqualTo("passes");

        var headers = exchange.request().headers();
        assertThat(exchange.request().path()).isEqualTo("/p?b=%201");
        assertThat(headers.all("x-sub")).containsExactly("\u00c3\u00a9");
        assertThat(headers.get("x-role")).isEqualTo("true");
        assertThat(headers.get("x-n")).isEqualTo("7");
        assertThat(headers.get("x-list")).isEqualTo("WzEsImEiXQ==");
        assertThat(headers.contains("x-evil")).isFalse();
        assertThat(headers.all("x-payload")).containsExactly(TestTokens.base64(payload));
        assertThat(exchange.info().dynamicMetadata().get(JwtStage.NAMESPACE))
                .extractingByKey("payload")
                .isInstanceOfSatisfying(
                        Map.class,
                        map -> {
                            assertThat(map.get("scope")).isEqualTo(List.of("a", "b"));
                            assertThat(map.get("n")).isEqualTo(7.0);
                        });
        assertThat(exchange.routesCleared).isEqualTo(1);
    }

    @Test
    void onRequest_failure_isToldWhereAsked() {
        var mine = new Provider();
        mine.failureKey = "why";
        var provider = mine.build();
        var exchange = new TestExchange();
        stage(of(provider), provider).onRequest(exchange);
        assertThat(exchange.info().dynamicMetadata().get(JwtStage.NAMESPACE))
                .containsEntry("why", Map.of("code", 1.0, "message", "Jwt is missing"));
    }

    @ParameterizedTest
    @CsvSource({
        "authorization, Bearer T, passes",
        "authorization, 'Basic x, Bearer T', passes",
        "authorization, T, 401 Jwt is missing",
        "x-raw, T, passes",
        "cookie, a=b; session=T, passes",
    })
    void onRequest_location_isLookedInto(String header, String value, String said) {
        var mine = new Provider();
        mine.headers =
                List.of(new FromHeader("authorization", "Bearer "), new FromHeader("x-raw", ""));
        mine.cookies = List.of("session");
        var provider = mine.build();
        var token = TestTokens.token("ES256", GOOD);
        var exchange = new TestExchange().header(header, value.replace("T", token));
        assertThat(said(stage(of(provider), provider).onRequest(exchange))).isEqualTo(said);
    }

    @Test
    void onRequest_sameTokenAgain_isNotVerifiedAgain_butItsTimeIs() {
        var provider = new Provider().build();
        var stage = stage(of(provider), provider);
        var token = TestTokens.token("ES256", GOOD);
        stage.onRequest(bearing(token));
        assertThat(said(stage.onRequest(bearing(token)))).isEqualTo("passes");
        assertThat(counters.value("http.jwt_authn.jwt_cache_hit")).isEqualTo(1);

        var later =
                new JwtStage(
                        "jwt",
                        new JwtStage.Config(
                                List.of(provider),
                                List.of(
                                        new JwtStage.Rule(
                                                RouteMatch.of(new PathMatch.Prefix("/")),
                                                of(provider))),
                                Optional.empty(),
                                Map.of(),
                                false,
                                false),
                        SecurityLimits.DEFAULT,
                        InstantSource.fixed(Instant.ofEpochSecond(3_000)),
                        counters);
        assertThat(said(later.onRequest(bearing(token)))).isEqualTo("401 Jwt is expired");
    }

    @Test
    void onRequest_keysThatAreNone_refuseEveryToken() {
        var mine = new Provider();
        mine.keys = new JwtKeys.Local(Optional.empty());
        var provider = mine.build();
        assertThat(
                        said(
                                stage(of(provider), provider)
                                        .onRequest(bearing(TestTokens.token("HS256", GOOD)))))
                .isEqualTo("401 Jwks doesn't have any valid public key");
    }

    private JwtProvider remote() {
        var mine = new Provider();
        mine.keys =
                new JwtKeys.Remote(
                        new RemoteKeys(
                                new RemoteKeys.Source(
                                        "server",
                                        "issuer",
                                        "/keys",
                                        Duration.ZERO,
                                        Duration.ofSeconds(1)),
                                SecurityLimits.DEFAULT,
                                () -> nanos,
                                counters));
        return mine.build();
    }

    @Test
    void onRequest_remoteKeys_areFetchedOnceForAllWhoWait_andAgainWhenOld() throws Exception {
        var provider = remote();
        var stage = stage(of(provider), provider);
        var upstreams = new TestUpstreams();
        var token = TestTokens.token("HS256", GOOD);
        var first = bearing(token).upstreams(upstreams);
        var second = bearing(token).upstreams(upstreams);
        assertThat(stage.onRequest(first)).isEqualTo(Step.LATER);
        assertThat(stage.onRequest(second)).isEqualTo(Step.LATER);
        assertThat(upstreams.calls).hasSize(1);
        assertThat(upstreams.calls.getFirst().head.path()).isEqualTo("/keys");
        assertThat(upstreams.calls.getFirst().head.authority()).isEqualTo("issuer");

        upstreams
                .calls
                .getFirst()
                .answer(
                        200,
                        new Headers(),
                        TestTokens.jwks("HS256").getBytes(UTF_8),
                        new Headers());
        first.loop().submit(() -> {}).sync();
        assertThat(first.resumed).containsExactly(Step.NEXT);
        assertThat(second.resumed).containsExactly(Step.NEXT);

        assertThat(stage.onRequest(bearing(token).upstreams(upstreams))).isEqualTo(Step.NEXT);
        nanos += Duration.ofSeconds(1).toNanos();
        assertThat(stage.onRequest(bearing(token).upstreams(upstreams))).isEqualTo(Step.LATER);
        assertThat(counters.value("http.jwt_authn.jwks_fetch_success")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"500, true", "200, false"})
    void onRequest_remoteKeysNotThere_refusesAndTriesAgain(int status, boolean goodBody)
            throws Exception {
        var provider = remote();
        var stage = stage(of(provider), provider);
        var upstreams = new TestUpstreams();
        var exchange = bearing(TestTokens.token("HS256", GOOD)).upstreams(upstreams);
        stage.onRequest(exchange);
        var body = goodBody ? TestTokens.jwks("HS256") : "no keys";
        upstreams
                .calls
                .getFirst()
                .answer(status, new Headers(), body.getBytes(UTF_8), new Headers());
        exchange.loop().submit(() -> {}).sync();
        assertThat(said(exchange.resumed.getFirst())).isEqualTo("401 Jwks remote fetch is failed");

        stage.onRequest(bearing(TestTokens.token("HS256", GOOD)).upstreams(upstreams));
        assertThat(upstreams.calls).hasSize(2);
    }

    /// Nobody waits for keys on behalf of requests without tokens.
    @Test
    void onRequest_remoteKeysAndNoToken_isAnsweredAtOnce() {
        var provider = remote();
        assertThat(said(stage(of(provider), provider).onRequest(new TestExchange())))
                .isEqualTo("401 Jwt is missing");
    }
}
