package dev.ambit.waypoint.xds.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.protobuf.Any;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.route.HeaderValue;
import dev.ambit.waypoint.security.ExtAuthzStage;
import dev.ambit.waypoint.security.NetworkExtAuthz;
import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.security.SecurityLimits;
import dev.ambit.waypoint.security.TestConnection;
import dev.ambit.waypoint.security.TestExchange;
import dev.ambit.waypoint.security.TestUpstreams;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.NetworkStep;
import dev.ambit.waypoint.stage.Step;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExtAuthzTest {
    private static final io.envoyproxy.envoy.extensions.filters.network.ext_authz.v3.ExtAuthz
            NETWORK =
                    io.envoyproxy.envoy.extensions.filters.network.ext_authz.v3.ExtAuthz
                            .getDefaultInstance();
    private static final String HTTP =
            "'httpService':{'serverUri':{'uri':'http://s','cluster':'server','timeout':'1s'}"
                    + ",'pathPrefix':'/check'"
                    + ",'authorizationRequest':{'headersToAdd':[{'key':'X-By','value':'waypoint'}]}"
                    + ",'authorizationResponse':{"
                    + "'allowedUpstreamHeaders':{'patterns':[{'exact':'x-ok'}]}"
                    + ",'allowedUpstreamHeadersToAppend':{'patterns':[{'exact':'x-more'}]}"
                    + ",'allowedClientHeaders':{'patterns':[{'exact':'x-deny'}]}"
                    + ",'allowedClientHeadersOnSuccess':{'patterns':[{'exact':'x-allow'}]}"
                    + ",'dynamicMetadataFromHeaders':{'patterns':[{'prefix':'x-meta'}]}}}"
                    + ",'allowedHeaders':{'patterns':[{'exact':'x-user'}]}";
    private static final String GRPC =
            "'grpcService':{'envoyGrpc':{'clusterName':'server','authority':'authz'}"
                    + ",'timeout':'0.5s'}";

    private final SecurityCounters counters = new SecurityCounters();
    private final TestUpstreams upstreams = new TestUpstreams();
    private final CompileScope scope = new CompileScope();
    private final ExtAuthzCompiler compiler =
            new ExtAuthzCompiler(
                    HeaderValue.Literal::new, SecurityLimits.DEFAULT, () -> 0, counters);

    private HttpStage stage(String... parts) throws Exception {
        var json = "{" + String.join(",", parts).replace('\'', '"') + "}";
        var filter = Recorded.parse(json, ExtAuthz.getDefaultInstance());
        return compiler.http(scope, "authz", Any.pack(filter)).orElseThrow();
    }

    private TestExchange exchange() {
        return new TestExchange().path("/p?q=1").upstreams(upstreams);
    }

    private TestUpstreams.Call call() {
        return upstreams.calls.getLast();
    }

    private static LocalReply reply(Step step) {
        return ((Step.Answer) step).reply();
    }

    private void answer(int status, String... fields) {
        call().answer(status, headers(fields), new byte[0], new Headers());
    }

    private static Headers headers(String... fields) {
        var headers = new Headers();
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(fields[i], fields[i + 1]);
        }
        return headers;
    }

    private void answer(String json) throws Exception {
        var message =
                Recorded.parse(json.replace('\'', '"'), CheckResponse.getDefaultInstance())
                        .toByteArray();
        var framed = ByteBuffer.allocate(5 + message.length).put((byte) 0).putInt(message.length);
        framed.put(message);
        call().answer(200, new Headers(), framed.array(), headers("grpc-status", "0"));
    }

    private CheckRequest asked() throws Exception {
        var body = ByteBuffer.wrap(call().body);
        assertThat(body.get()).isZero();
        assertThat(body.getInt()).isEqualTo(body.remaining());
        return CheckRequest.parseFrom(body);
    }

    @Test
    void everyRecordedFilter_isUnderstood() throws Exception {
        assumeThat(Recorded.directory()).as("recordings").isPresent();
        var http = Recorded.filters(ExtAuthz.getDefaultInstance());
        var network = Recorded.filters(NETWORK);
        assertThat(http).hasSizeGreaterThan(1);
        assertThat(network).isNotEmpty();
        for (var filter : http.values()) {
            assertThat(compiler.http(scope, "authz", filter)).isPresent();
        }
        for (var filter : network.values()) {
            assertThat(compiler.network(scope, "authz", filter)).isPresent();
        }
        for (var golden : Recorded.goldens("http", ExtAuthz.getDefaultInstance()).values()) {
            assertThat(compiler.http(scope, "authz", golden)).isPresent();
        }
        assertThat(scope.clusters()).isNotEmpty();
        assertThat(scope.skipped()).isEmpty();
    }

    @Test
    void http_check_carriesWhatIsAllowed() throws Exception {
        var exchange =
                exchange()
                        .method("POST")
                        .header("authorization", "Bearer x")
                        .header("x-user", "a")
                        .header("x-user", "b")
                        .header("x-secret", "s")
                        .header("content-length", "9");
        assertThat(stage(HTTP).onRequest(exchange)).isEqualTo(Step.LATER);
        var head = call().head;
        assertThat(head.method()).isEqualTo("POST");
        assertThat(head.path()).isEqualTo("/check/p?q=1");
        assertThat(head.authority()).isEqualTo("web.shop");
        assertThat(head.headers().toString())
                .isEqualTo(
                        "content-length: 0\n"
                                + "authorization: Bearer x\n"
                                + "x-user: a,b\n"
                                + "x-envoy-internal: true\n"
                                + "x-envoy-expected-rq-timeout-ms: 1000\n"
                                + "x-by: waypoint\n");
        assertThat(call().ended).isTrue();
    }

    @Test
    void http_consent_changesRequestAndResponse() throws Exception {
        var exchange =
                exchange().header("x-ok", "forged").header("x-more", "a").header("x-gone", "1");
        var stage = stage(HTTP, "'clearRouteCache':true");
        stage.onRequest(exchange);
        answer(
                200,
                "x-ok",
                "yes",
                "x-more",
                "b",
                "x-allow",
                "seen",
                "x-meta-a",
                "m",
                "x-other",
                "o",
                "x-envoy-auth-headers-to-remove",
                "X-Gone, host");
        assertThat(exchange.resumed).containsExactly(Step.NEXT);
        assertThat(exchange.request().headers().toString()).isEqualTo("x-ok: yes\nx-more: a,b\n");
        assertThat(exchange.routesCleared).isEqualTo(1);
        assertThat(exchange.info().dynamicMetadata().get(ExtAuthzStage.NAMESPACE))
                .containsEntry("x-meta-a", "m");
        var response = new ResponseHead(200, new Headers());
        stage.onResponse(exchange, response);
        assertThat(response.headers().toString()).isEqualTo("x-allow: seen\n");
        assertThat(counters.value("http.ext_authz.ok")).isEqualTo(1);
    }

    @Test
    void http_refusal_isToldAsTheServerSaysIt() throws Exception {
        var exchange = exchange();
        stage(HTTP).onRequest(exchange);
        call().answer(
                        402,
                        headers(
                                "x-deny",
                                "d",
                                "x-other",
                                "o",
                                "location",
                                "/l",
                                "content-length",
                                "3"),
                        "pay".getBytes(UTF_8),
                        new Headers());
        var reply = reply(exchange.resumed.getFirst());
        assertThat(reply.status()).isEqualTo(402);
        assertThat(reply.body()).isEqualTo("pay");
        assertThat(reply.headers().toString()).isEqualTo("x-deny: d\nlocation: /l\n");
        assertThat(reply.flag()).contains(ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE);
        assertThat(reply.details()).isEqualTo("ext_authz_denied");
        assertThat(counters.value("http.ext_authz.denied")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"500", "503", "lost", "unreachable", "missing"})
    void failure_isClosedOrOpenAsConfigured(String how) throws Exception {
        for (var open : List.of(false, true)) {
            var missing = HTTP.replace("'server'", "'none'");
            var stage =
                    stage(
                            how.equals("missing") ? missing : HTTP,
                            "'failureModeAllow':" + open,
                            "'failureModeAllowHeaderAdd':true",
                            "'statusOnError':{'code':'ServiceUnavailable'}");
            var exchange = exchange();
            if (how.equals("unreachable")) {
                upstreams.failure =
                        new UpstreamFailure(
                                UpstreamFailure.Kind.NO_HEALTHY_HOST, null, "no healthy upstream");
            }
            var step = stage.onRequest(exchange);
            switch (how) {
                case "lost" -> call().lose();
                case "500", "503" -> answer(Integer.parseInt(how));
                default -> {}
            }
            step = step == Step.LATER ? exchange.resumed.getFirst() : step;
            if (open) {
                assertThat(step).isEqualTo(Step.NEXT);
                assertThat(exchange.request().headers().get("x-envoy-auth-failure-mode-allowed"))
                        .isEqualTo("true");
            } else {
                assertThat(reply(step).status()).isEqualTo(503);
                assertThat(reply(step).body()).isEmpty();
                assertThat(reply(step).details()).isEqualTo("ext_authz_error");
                assertThat(reply(step).flag()).contains(ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE);
            }
        }
        assertThat(counters.value("http.ext_authz.error")).isEqualTo(2);
        assertThat(counters.value("http.ext_authz.failure_mode_allowed")).isEqualTo(1);
    }

    @Test
    void answerTooLong_isAFailure() throws Exception {
        var exchange = exchange();
        stage(HTTP).onRequest(exchange);
        call().answer(403, new Headers(), new byte[(1 << 20) + 1], new Headers());
        assertThat(reply(exchange.resumed.getFirst()).details()).isEqualTo("ext_authz_error");
        assertThat(call().reset).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({"istio-ext-authz-a-rule, true", "other, false", "'', false"})
    void enabledByMetadata_onlyThenTheServerIsAsked(String policy, boolean asks) throws Exception {
        var stage =
                stage(
                        HTTP,
                        "'filterEnabledMetadata':{'filter':'envoy.filters.http.rbac','path':[{'key':'id'}],'value':{'stringMatch':{'prefix':'istio-ext-authz-a'}}}");
        var exchange = exchange();
        if (!policy.isEmpty()) {
            exchange.metadata("envoy.filters.http.rbac", "id", policy);
        }
        assertThat(stage.onRequest(exchange)).isEqualTo(asks ? Step.LATER : Step.NEXT);
        assertThat(counters.value("http.ext_authz.disabled")).isEqualTo(asks ? 0 : 1);
    }

    @Test
    void callerLeaves_callIsCancelled_andNothingResumed() throws Exception {
        var exchange = exchange();
        stage(HTTP).onRequest(exchange);
        exchange.end();
        assertThat(call().reset).isNotNull();
        assertThat(exchange.resumed).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"abcdef, true, abcd, true", "abcd, true, abcd, false", "ab, false, ab, true"})
    void body_asMuchAsIsWanted_isSentAndMarked(
            String body, boolean complete, String sent, boolean partial) throws Exception {
        var stage =
                stage(
                        HTTP,
                        "'withRequestBody':{'maxRequestBytes':4,'allowPartialMessage':true,'packAsBytes':true}");
        var exchange = exchange().header("x-envoy-auth-partial-body", "forged");
        assertThat(stage.onRequest(exchange)).isEqualTo(new Step.NeedBody(4, true));
        var bytes = Unpooled.copiedBuffer(body, UTF_8);
        assertThat(stage.onBody(exchange, bytes, complete)).isEqualTo(Step.LATER);
        assertThat(bytes.refCnt()).isEqualTo(1);
        bytes.release();
        assertThat(new String(call().body, UTF_8)).isEqualTo(sent);
        assertThat(call().head.headers().get("x-envoy-auth-partial-body"))
                .isEqualTo(String.valueOf(partial));
        assertThat(call().head.headers().get("content-length")).isEqualTo("" + sent.length());
    }

    @Test
    void route_disablesOrAddsContext() throws Exception {
        var disabled =
                compiler.perRoute(
                        scope,
                        "authz",
                        Any.pack(ExtAuthzPerRoute.newBuilder().setDisabled(true).build()));
        assertThat(stage(GRPC).onRequest(exchange().routeConfig(disabled))).isEqualTo(Step.NEXT);
        var context =
                Recorded.parse(
                        "{\"checkSettings\":{\"contextExtensions\":{\"a\":\"b\"}}}",
                        ExtAuthzPerRoute.getDefaultInstance());
        var withContext = compiler.perRoute(scope, "authz", Any.pack(context));
        stage(GRPC).onRequest(exchange().routeConfig(withContext));
        assertThat(asked().getAttributes().getContextExtensionsMap()).isEqualTo(Map.of("a", "b"));
    }

    @Test
    void grpc_check_tellsWhoAndWhat() throws Exception {
        var stage =
                stage(
                        GRPC,
                        "'metadataContextNamespaces':['jwt']",
                        "'includeTlsSession':true",
                        "'withRequestBody':{'maxRequestBytes':100}");
        var exchange =
                exchange()
                        .serverName("sni")
                        .header("x-user", "\u00c3\u00a9\u00ff")
                        .metadata("jwt", "n", List.of(1.0, true, Map.of("a", "b")));
        stage.onRequest(exchange);
        var bytes = Unpooled.copiedBuffer("body", UTF_8);
        stage.onBody(exchange, bytes, true);
        bytes.release();

        var head = call().head;
        assertThat(head.path()).isEqualTo("/envoy.service.auth.v3.Authorization/Check");
        assertThat(head.authority()).isEqualTo("authz");
        assertThat(head.headers().toString())
                .isEqualTo("content-type: application/grpc\nte: trailers\ngrpc-timeout: 500m\n");
        var attributes = asked().getAttributes();
        assertThat(attributes.getSource().getPrincipal()).isEqualTo(TestExchange.ALICE);
        assertThat(attributes.getSource().getAddress().getSocketAddress().getAddress())
                .isEqualTo("10.0.0.7");
        assertThat(attributes.getDestination().getAddress().getSocketAddress().getPortValue())
                .isEqualTo(80);
        assertThat(attributes.getTlsSession().getSni()).isEqualTo("sni");
        var http = attributes.getRequest().getHttp();
        assertThat(http.getMethod()).isEqualTo("GET");
        assertThat(http.getPath()).isEqualTo("/p?q=1");
        assertThat(http.getHost()).isEqualTo("web.shop");
        assertThat(http.getProtocol()).isEqualTo("HTTP/1.1");
        assertThat(http.getBody()).isEqualTo("body");
        assertThat(http.getHeadersMap())
                .containsEntry("x-user", "\u00e9!")
                .containsEntry(":path", "/p?q=1")
                .containsEntry("x-envoy-auth-partial-body", "false");
        assertThat(attributes.getMetadataContext().getFilterMetadataOrThrow("jwt").toString())
                .contains("number_value: 1.0");
    }

    @Test
    void grpc_consent_changesRequestQueryAndResponse() throws Exception {
        var exchange =
                exchange().header("x-set", "forged").header("x-app", "a").header("x-rm", "1");
        var stage = stage(GRPC, "'clearRouteCache':true");
        stage.onRequest(exchange);
        answer(
                "{'status':{},'okResponse':{'headers':[{'header':{'key':'X-Set','value':'s'}},"
                        + "{'header':{'key':'x-app','value':'b'},'append':true},"
                        + "{'header':{'key':'x-none','value':'b'},'append':true},"
                        + "{'header':{'key':':path','value':'/new?q=1&r=2'}},{'header':{'key':'x-evil','value':'a\\r\\nb:"
                        + " c'}},{'header':{'key':'transfer-encoding','value':'chunked'}}],"
                        + "'headersToRemove':['X-Rm',':method','host'],"
                        + "'queryParametersToSet':[{'key':'q','value':'2'},{'key':'z','value':'3'}],"
                        + "'queryParametersToRemove':['r'],"
                        + "'responseHeadersToAdd':[{'header':{'key':'x-r','value':'1'}}]},"
                        + "'dynamicMetadata':{'who':'alice'}}");
        assertThat(exchange.resumed).containsExactly(Step.NEXT);
        assertThat(exchange.request().headers().toString()).isEqualTo("x-set: s\nx-app: a,b\n");
        assertThat(exchange.request().path()).isEqualTo("/new?q=2&z=3");
        assertThat(exchange.request().method()).isEqualTo("GET");
        assertThat(exchange.routesCleared).isEqualTo(1);
        assertThat(exchange.info().dynamicMetadata().get(ExtAuthzStage.NAMESPACE))
                .isEqualTo(Map.of("who", "alice", "ext_authz_duration", 0.0));
        var response = new ResponseHead(200, headers("x-r", "0"));
        stage.onResponse(exchange, response);
        assertThat(response.headers().all("x-r")).containsExactly("0", "1");
    }

    @Test
    void grpc_consentWithImpossibleFields_isRefusedWhereValidated() throws Exception {
        var exchange = exchange();
        stage(GRPC, "'validateMutations':true").onRequest(exchange);
        answer("{'status':{},'okResponse':{'headers':[{'header':{'key':'a b','value':'c'}}]}}");
        var reply = reply(exchange.resumed.getFirst());
        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.details()).isEqualTo("ext_authz_invalid");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'status':{'code':7}}; 403; ''",
                "{'status':{'code':16},'deniedResponse':{'status':{'code':'Unauthorized'},'body':'no','headers':[{'header':{'key':'X-Why','value':'w'}}]}};"
                        + " 401; no",
            })
    void grpc_refusal_isToldAsTheServerSaysIt(String answer, int status, String body)
            throws Exception {
        var exchange = exchange();
        stage(GRPC).onRequest(exchange);
        answer(answer);
        var reply = reply(exchange.resumed.getFirst());
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.body()).isEqualTo(body);
        assertThat(reply.details()).isEqualTo("ext_authz_denied");
        assertThat(reply.headers().size()).isEqualTo(body.isEmpty() ? 0 : 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"14", ""})
    void grpc_failedCall_isAFailure(String status) throws Exception {
        var exchange = exchange();
        stage(GRPC).onRequest(exchange);
        call().answer(
                        200,
                        status.isEmpty() ? new Headers() : headers("grpc-status", status),
                        new byte[0],
                        new Headers());
        assertThat(reply(exchange.resumed.getFirst()).details()).isEqualTo("ext_authz_error");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0000", "0100000000", "0000000005", "000000000109", "0000000001ff"})
    void grpc_brokenMessage_isAFailure(String hex) throws Exception {
        var exchange = exchange();
        stage(GRPC).onRequest(exchange);
        call().answer(
                        200,
                        new Headers(),
                        java.util.HexFormat.of().parseHex(hex),
                        headers("grpc-status", "0"));
        assertThat(reply(exchange.resumed.getFirst()).details()).isEqualTo("ext_authz_error");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'status':{}}; false; ''",
                "{'status':{'code':7}}; false; ext_authz_denied",
                "{'status':{'code':7}}; true; ext_authz_denied",
                "lost; false; ext_authz_error",
                "lost; true; ''",
            })
    void network_answer_decidesAboutTheConnection(String answer, boolean open, String details)
            throws Exception {
        var json = "{" + GRPC + ",'statPrefix':'tcp.','failureModeAllow':" + open + "}";
        var stage =
                compiler.network(
                                scope,
                                "authz",
                                Any.pack(Recorded.parse(json.replace('\'', '"'), NETWORK)))
                        .orElseThrow();
        var connection = new TestConnection(exchange());
        assertThat(stage.onConnection(connection)).isEqualTo(NetworkStep.LATER);
        assertThat(asked().getAttributes().hasRequest()).isFalse();
        if (answer.equals("lost")) {
            call().lose();
        } else {
            answer(answer);
        }
        var expected =
                details.isEmpty()
                        ? NetworkStep.PASS
                        : new NetworkStep.Close(
                                Optional.of(ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE), details);
        assertThat(connection.resumed).containsExactly(expected);
        assertThat(stage).isInstanceOf(NetworkExtAuthz.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'grpcService':{'googleGrpc':{'targetUri':'x','statPrefix':'y'}}}",
                "{'httpService':{'serverUri':{'uri':'http://s','timeout':'1s'}}}",
                "{'grpcService':{'envoyGrpc':{'clusterName':'c'}},'withRequestBody':{}}",
                "{'grpcService':{'envoyGrpc':{'clusterName':'c'}},'decoderHeaderMutationRules':{}}",
                "{'grpcService':{'envoyGrpc':{'clusterName':'c'}},'filterEnabled':{'defaultValue':{'numerator':50}}}",
            })
    void whatCantBeDone_isRefusedWithThePlace(String json) {
        assertThatThrownBy(() -> stage(json.substring(1, json.length() - 1)))
                .isInstanceOf(Refused.class)
                .hasMessageStartingWith("ext_authz: ");
    }
}
