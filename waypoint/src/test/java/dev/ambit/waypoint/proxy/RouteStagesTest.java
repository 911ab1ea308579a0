package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.envoy.EnvoyFields;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.route.StageConfigs;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.route.RouteLab;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.grpc_web.v3.GrpcWeb;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitRequest;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Filters that have to do with routes, from their configuration to what goes over the wire.
class RouteStagesTest {
    private final StoryLab lab = new StoryLab();

    private void filter(String name, Message.Builder builder, String json) throws Exception {
        JsonFormat.parser().merge(json, builder);
        var any = Any.pack(builder.build());
        var type = CompileScope.type(any);
        RouteLab.compilers()
                .http(type)
                .orElseThrow()
                .compile(new CompileScope(), name, any)
                .ifPresent(lab.stages::add);
    }

    private void ofRoute(String name, Message.Builder builder, String json) throws Exception {
        JsonFormat.parser().merge(json, builder);
        var any = Any.pack(builder.build());
        var config =
                RouteLab.compilers()
                        .perRoute(CompileScope.type(any))
                        .orElseThrow()
                        .compile(new CompileScope(), name, any);
        lab.routes.stages = new StageConfigs(Map.of(name, config), Set.of(), Set.of());
        lab.routes.to("/", "up");
    }

    // ---- faults

    @Test
    void fault_delay_holdsTheRequestBack() throws Exception {
        filter("fault", HTTPFault.newBuilder(), "{}");
        ofRoute(
                "fault",
                HTTPFault.newBuilder(),
                "{delay:{fixed_delay:'1.5s',percentage:{numerator:100}}}");
        var caller = lab.get("/");
        lab.pass(Duration.ofMillis(1_499));
        assertThat(lab.up.contexts).isEmpty();
        lab.pass(Duration.ofMillis(1));
        lab.up.last().answer(200, "");
        assertThat(caller.status()).isEqualTo(200);
        assertThat(lab.flags()).isEqualTo("DI");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{abort:{http_status:555,percentage:{numerator:100}}}; ; 555; ",
                "{abort:{http_status:555,percentage:{numerator:0}}}; ; 0; ",
                "{abort:{http_status:555}}; ; 0; ",
                "{abort:{grpc_status:14,percentage:{numerator:100}}}; application/grpc; 200; 14",
                "{abort:{http_status:503,percentage:{numerator:100}},headers:[{name:x-no}]}; ; 0; ",
                "{abort:{http_status:503,percentage:{numerator:100}},upstream_cluster:up}; ; 503; ",
                "{abort:{http_status:503,percentage:{numerator:100}},upstream_cluster:other}; ; 0;"
                        + " ",
                "{abort:{http_status:503,percentage:{numerator:100}},max_active_faults:0}; ; 0; ",
            })
    void fault_abort_answersInstead(
            String config, @Nullable String type, int status, @Nullable String grpcStatus)
            throws Exception {
        filter("fault", HTTPFault.newBuilder(), config);
        var caller = type == null ? lab.get("/") : lab.get("/", "content-type", type);
        assertThat(caller.status()).isEqualTo(status);
        assertThat(caller.header("grpc-status")).isEqualTo(grpcStatus);
        if (status != 0) {
            assertThat(lab.flags()).isEqualTo("FI");
            assertThat(lab.info().responseCodeDetails).isEqualTo("fault_filter_abort");
        }
    }

    @Test
    void fault_byHeader_doesWhatTheRequestAsks() throws Exception {
        filter(
                "fault",
                HTTPFault.newBuilder(),
                "{abort:{header_abort:{},percentage:{numerator:100}},"
                        + "delay:{header_delay:{},percentage:{numerator:100}}}");
        assertThat(lab.get("/", "x-envoy-fault-abort-request", "418").status()).isEqualTo(418);
        var none =
                lab.get(
                        "/",
                        "x-envoy-fault-abort-request",
                        "418",
                        "x-envoy-fault-abort-request-percentage",
                        "0");
        assertThat(none.status()).isZero();
        var delayed = lab.get("/", "x-envoy-fault-delay-request", "20");
        int before = lab.up.contexts.size();
        lab.pass(Duration.ofMillis(20));
        assertThat(lab.up.contexts).hasSize(before + 1);
        assertThat(delayed.status()).isZero();
    }

    // ---- CORS

    private static final String POLICY =
            "{allow_origin_string_match:[{exact:'https://a.example'}],allow_methods:'GET,PUT',"
                    + "allow_headers:'*',expose_headers:'x-b',max_age:'600',"
                    + "allow_credentials:true}";

    @Test
    void cors_preflightOfAnAllowedOrigin_isAnsweredHere() throws Exception {
        filter("cors", Cors.newBuilder(), "{}");
        ofRoute("cors", CorsPolicy.newBuilder(), POLICY);
        var caller =
                lab.ask(
                        StoryLab.request(
                                "OPTIONS",
                                "/",
                                "origin",
                                "https://a.example",
                                "access-control-request-method",
                                "PUT",
                                "access-control-request-headers",
                                "x-one,x-two"),
                        false);
        assertThat(caller.status()).isEqualTo(200);
        assertThat(caller.header("access-control-allow-origin")).isEqualTo("https://a.example");
        assertThat(caller.header("access-control-allow-methods")).isEqualTo("GET,PUT");
        assertThat(caller.header("access-control-allow-headers")).isEqualTo("x-one,x-two");
        assertThat(caller.header("access-control-allow-credentials")).isEqualTo("true");
        assertThat(caller.header("access-control-max-age")).isEqualTo("600");
        var bare =
                lab.ask(
                        StoryLab.request(
                                "OPTIONS",
                                "/",
                                "origin",
                                "https://a.example",
                                "access-control-request-method",
                                "PUT"),
                        false);
        assertThat(bare.header("access-control-allow-headers")).isEmpty();
        assertThat(lab.info().responseCodeDetails).isEqualTo("cors_response");
        assertThat(lab.up.contexts).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        // forward_not_matching_preflights, whether the application gets the preflight
        "'', true",
        "'forward_not_matching_preflights:true,', true",
        "'forward_not_matching_preflights:false,', false",
    })
    void cors_preflightOfAnother_isForwardedOrNot(String option, boolean forwarded)
            throws Exception {
        filter("cors", Cors.newBuilder(), "{}");
        ofRoute(
                "cors",
                CorsPolicy.newBuilder(),
                POLICY.replace("{allow_o", "{" + option + "allow_o"));
        var caller =
                lab.ask(
                        StoryLab.request(
                                "OPTIONS",
                                "/",
                                "origin",
                                "https://b.example",
                                "access-control-request-method",
                                "PUT"),
                        false);
        assertThat(lab.up.contexts.size()).isEqualTo(forwarded ? 1 : 0);
        assertThat(caller.status()).isEqualTo(forwarded ? 0 : 200);
        assertThat(caller.header("access-control-allow-origin")).isNull();
    }

    @Test
    void cors_actualRequest_isAllowedInTheAnswer() throws Exception {
        filter("cors", Cors.newBuilder(), "{}");
        ofRoute("cors", CorsPolicy.newBuilder(), POLICY);
        var allowed = lab.get("/", "origin", "https://a.example");
        lab.up.last().answer(200, "");
        assertThat(allowed.header("access-control-allow-origin")).isEqualTo("https://a.example");
        assertThat(allowed.header("access-control-expose-headers")).isEqualTo("x-b");
        var other = lab.get("/", "origin", "https://b.example");
        lab.up.last().answer(200, "");
        assertThat(other.header("access-control-allow-origin")).isNull();
        assertThat(other.header("access-control-expose-headers")).isNull();
    }

    // ---- header operations

    @ParameterizedTest
    @CsvSource({"'', general specific", "'most_specific_header_mutations_wins:true,', specific"})
    void headerMutation_chainThenRoute_inOrder(String option, String ignored) throws Exception {
        filter(
                "mutation",
                HeaderMutation.newBuilder(),
                "{"
                        + option
                        + "mutations:{request_mutations:[{remove:x-a},"
                        + "{append:{header:{key:x-a,value:chain}}}],"
                        + "response_mutations:[{append:{header:{key:x-r,value:'1'}}}]}}");
        ofRoute(
                "mutation",
                HeaderMutationPerRoute.newBuilder(),
                "{mutations:{request_mutations:[{append:{header:{key:x-a,value:route}}}]}}");
        var caller = lab.get("/", "x-a", "own");
        assertThat(lab.up.last().sent.headers().all("x-a")).containsExactly("chain", "route");
        lab.up.last().answer(200, "");
        assertThat(caller.header("x-r")).isEqualTo("1");
    }

    // ---- local rate limits

    private static final String ALWAYS =
            "stat_prefix:s,filter_enabled:{default_value:{numerator:100}},"
                    + "filter_enforced:{default_value:{numerator:100}},";

    @Test
    void localLimit_overIt_isRefused() throws Exception {
        filter(
                "limit",
                LocalRateLimit.newBuilder(),
                "{"
                        + ALWAYS
                        + "token_bucket:{max_tokens:1,tokens_per_fill:1,fill_interval:'60s'},"
                        + "enable_x_ratelimit_headers:DRAFT_VERSION_03,"
                        + "response_headers_to_add:[{header:{key:x-l,value:'1'}}]}");
        var first = lab.get("/");
        lab.up.last().answer(200, "");
        assertThat(first.header("x-ratelimit-limit")).isEqualTo("1");
        assertThat(first.header("x-ratelimit-remaining")).isEqualTo("0");
        var second = lab.get("/");
        assertThat(second.status()).isEqualTo(429);
        assertThat(second.body).hasToString("local_rate_limited");
        assertThat(second.header("x-l")).isEqualTo("1");
        assertThat(second.header("x-ratelimit-limit")).isEqualTo("1");
        assertThat(lab.flags()).isEqualTo("RL");
        assertThat(lab.info().responseCodeDetails).isEqualTo("local_rate_limited");
    }

    @Test
    void localLimit_byHeader_countsEachValue() throws Exception {
        filter(
                "limit",
                LocalRateLimit.newBuilder(),
                "{"
                        + ALWAYS
                        + "status:{code:503},rate_limited_as_resource_exhausted:true,"
                        + "rate_limits:[{actions:[{generic_key:{descriptor_key:limit,"
                        + "descriptor_value:x}},{request_headers:{header_name:x-c,"
                        + "descriptor_key:client}}]}],descriptors:[{entries:[{key:limit,value:x},"
                        + "{key:client}],token_bucket:{max_tokens:1,fill_interval:'60s'}}],"
                        + "always_consume_default_token_bucket:false}");
        assertThat(lab.get("/", "x-c", "a").status()).isZero();
        assertThat(lab.get("/", "x-c", "a").status()).isEqualTo(503);
        assertThat(lab.get("/", "x-c", "b").status()).isZero();
        assertThat(lab.get("/").status()).isZero();
        var grpc = lab.get("/", "x-c", "a", "content-type", "application/grpc");
        assertThat(grpc.header("grpc-status")).isEqualTo("8");
    }

    // ---- gRPC-Web

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static final String MESSAGE = "\0\0\0\0\4abcd";

    @Test
    void grpcWeb_binary_hasTrailersInItsBody() throws Exception {
        filter("grpc_web", GrpcWeb.newBuilder(), "{}");
        var caller = lab.post("/s/m", "content-type", "application/grpc-web+proto");
        caller.data(MESSAGE);
        caller.end();
        var host = lab.up.last();
        assertThat(host.sent.get("content-type")).isEqualTo("application/grpc");
        assertThat(host.sent.get("te")).isEqualTo("trailers");
        assertThat(host.body).hasToString(MESSAGE);
        host.head(200, true, "content-type", "application/grpc")
                .data(MESSAGE)
                .end("grpc-status", "0");
        assertThat(caller.header("content-type")).isEqualTo("application/grpc-web+proto");
        assertThat(caller.body).hasToString(MESSAGE + "\u0080\0\0\0\17grpc-status:0\r\n");
        assertThat(caller.trailers().isEmpty()).isTrue();
    }

    @Test
    void grpcWeb_text_isBase64BothWays() throws Exception {
        filter("grpc_web", GrpcWeb.newBuilder(), "{}");
        var type = "application/grpc-web-text";
        var caller = lab.post("/s/m", "content-type", type, "accept", type);
        var text = base64(MESSAGE);
        caller.data(text.substring(0, 5));
        caller.data(text.substring(5));
        caller.end();
        var host = lab.up.last();
        assertThat(host.body).hasToString(MESSAGE);
        host.head(200, true, "content-type", "application/grpc");
        host.data(MESSAGE.substring(0, 7));
        host.data(MESSAGE.substring(7) + MESSAGE);
        assertThat(caller.body).hasToString(text + text);
        host.end("grpc-status", "0");
        assertThat(caller.header("content-type")).isEqualTo("application/grpc-web-text+proto");
        assertThat(caller.body)
                .hasToString(text + text + base64("\u0080\0\0\0\17grpc-status:0\r\n"));
    }

    @Test
    void grpcWeb_answerOfAnotherKind_isAStatusWithoutABody() throws Exception {
        filter("grpc_web", GrpcWeb.newBuilder(), "{}");
        var caller = lab.post("/s/m", "content-type", "application/grpc-web");
        caller.end();
        lab.up.last().answer(503, "no");
        assertThat(caller.status()).isEqualTo(503);
        assertThat(caller.header("grpc-status")).isEqualTo("14");
        assertThat(caller.header("content-type")).isEqualTo("application/grpc-web+proto");
        assertThat(caller.body).hasToString("");
    }

    @ParameterizedTest
    @CsvSource({"AAAA!!!!, false", "AAAAA, true"})
    void grpcWeb_badBase64_isAnswered(String data, boolean end) throws Exception {
        filter("grpc_web", GrpcWeb.newBuilder(), "{}");
        var caller = lab.post("/s/m", "content-type", "application/grpc-web-text");
        caller.data(data);
        if (end) {
            caller.end();
        }
        assertThat(caller.status()).isEqualTo(400);
        assertThat(caller.body).hasToString("");
        assertThat(caller.header("grpc-status")).isEqualTo("13");
        assertThat(caller.header("grpc-message"))
                .isEqualTo("Bad gRPC-web request, invalid base64 data.");
    }

    // ---- rate limits counted by a service

    private static final String ASK =
            "domain:d,rate_limit_service:{transport_api_version:V3,grpc_service:{envoy_grpc:"
                    + "{cluster_name:rl,authority:rl.shop}}},timeout:'0.5s'";

    private static io.envoyproxy.envoy.config.route.v3.RateLimit rule(String json)
            throws Exception {
        var rule = io.envoyproxy.envoy.config.route.v3.RateLimit.newBuilder();
        JsonFormat.parser().merge(json, rule);
        return rule.build();
    }

    /// With a rule of its own, in the field that is newer than the library.
    private void globalLimit(String json) throws Exception {
        var builder = RateLimit.newBuilder();
        JsonFormat.parser().merge(json, builder);
        EnvoyFields.rateLimit(
                builder,
                rule(
                        "{actions:[{generic_key:{descriptor_value:x}},"
                                + "{request_headers:{header_name:':path',descriptor_key:path}}]}"));
        filter("ratelimit", builder, "{}");
        lab.cluster("rl");
    }

    private HostStream asked() {
        return lab.cluster("rl").last();
    }

    private void says(String json) throws Exception {
        var response = RateLimitResponse.newBuilder();
        JsonFormat.parser().merge(json, response);
        var bytes = response.build().toByteArray();
        var framed =
                new String(
                        ByteBuffer.allocate(5 + bytes.length)
                                .put((byte) 0)
                                .putInt(bytes.length)
                                .put(bytes)
                                .array(),
                        StandardCharsets.ISO_8859_1);
        asked().head(200, true, "content-type", "application/grpc")
                .data(framed)
                .end("grpc-status", "0");
    }

    @Test
    void globalLimit_underIt_passesWithWhatTheServiceAdds() throws Exception {
        globalLimit("{" + ASK + ",enable_x_ratelimit_headers:DRAFT_VERSION_03}");
        var caller = lab.get("/a");
        assertThat(lab.up.contexts).isEmpty();
        assertThat(asked().sent.path())
                .isEqualTo("/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit");
        assertThat(asked().sent.authority()).isEqualTo("rl.shop");
        var body = asked().body.toString().getBytes(StandardCharsets.ISO_8859_1);
        var request = RateLimitRequest.parseFrom(Arrays.copyOfRange(body, 5, body.length));
        assertThat(request.getDomain()).isEqualTo("d");
        assertThat(request.getDescriptors(0).getEntriesList())
                .extracting(e -> e.getKey() + "=" + e.getValue())
                .containsExactly("generic_key=x", "path=/a");
        says(
                "{overall_code:OK,request_headers_to_add:[{key:X-Q,value:'1'}],"
                        + "response_headers_to_add:[{key:x-s,value:'2'}],statuses:["
                        + "{code:OK,limit_remaining:7,current_limit:{requests_per_unit:10,unit:MINUTE},"
                        + "duration_until_reset:'9s'},{code:OK,limit_remaining:3,current_limit:"
                        + "{requests_per_unit:5,unit:SECOND,name:s},duration_until_reset:'1s'}]}");
        assertThat(lab.up.last().sent.get("x-q")).isEqualTo("1");
        lab.up.last().answer(200, "");
        assertThat(caller.header("x-s")).isEqualTo("2");
        assertThat(caller.header("x-ratelimit-limit")).isEqualTo("5, 10;w=60, 5;w=1;name=\"s\"");
        assertThat(caller.header("x-ratelimit-remaining")).isEqualTo("3");
        assertThat(caller.header("x-ratelimit-reset")).isEqualTo("1");
    }

    @Test
    void globalLimit_overIt_isRefused() throws Exception {
        globalLimit("{" + ASK + ",rate_limited_status:{code:503}}");
        var caller = lab.get("/a");
        says("{overall_code:OVER_LIMIT,raw_body:'bm8='}");
        assertThat(caller.status()).isEqualTo(503);
        assertThat(caller.body).hasToString("no");
        assertThat(caller.header("x-envoy-ratelimited")).isEqualTo("true");
        assertThat(lab.flags()).isEqualTo("RL");
        assertThat(lab.info().responseCodeDetails).isEqualTo("request_rate_limited");
        assertThat(lab.up.contexts).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"false, 0", "true, 500"})
    void globalLimit_noAnswer_failsOpenOrClosed(boolean deny, int status) throws Exception {
        globalLimit("{" + ASK + ",failure_mode_deny:" + deny + "}");
        var caller = lab.get("/a");
        lab.pass(Duration.ofMillis(500));
        assertThat(caller.status()).isEqualTo(status);
        assertThat(lab.up.contexts).hasSize(deny ? 0 : 1);
        if (deny) {
            assertThat(lab.flags()).isEqualTo("RLSE");
            assertThat(lab.info().responseCodeDetails).isEqualTo("rate_limiter_error");
        }
    }

    @Test
    void globalLimit_callerLeaves_nobodyIsAskedAnyMore() throws Exception {
        globalLimit("{" + ASK + "}");
        var caller = lab.get("/a");
        Objects.requireNonNull(caller.inlet)
                .onReset(new StreamReset(StreamReset.Kind.REMOTE, "gone"));
        assertThat(asked().reset).isNotNull();
        lab.pass(Duration.ofSeconds(1));
        assertThat(lab.up.contexts).isEmpty();
    }
}
