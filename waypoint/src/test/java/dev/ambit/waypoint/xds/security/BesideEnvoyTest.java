package dev.ambit.waypoint.xds.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.security.SecurityLimits;
import dev.ambit.waypoint.security.TestExchange;
import dev.ambit.waypoint.security.TestTokens;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.Step;
import dev.ambit.waypoint.xds.CompileScope;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same filters and the same requests for a real Envoy and for ours: each answer, with what
/// became known of the request, must be the same. Skipped where there is no Envoy.
class BesideEnvoyTest {
    private static final String PRINCIPAL =
            "{'name':'principal','typed_config':{'@type':'type.googleapis.com/"
                    + "envoy.extensions.filters.http.set_filter_state.v3.Config','on_request_headers':[{"
                    + "'object_key':'io.istio.peer_principal','factory_key':'envoy.string',"
                    + "'skip_if_empty':true,'format_string':{'text_format_source':"
                    + "{'inline_string':'%REQ(x-principal)%'},'omit_empty_values':true}}]}}";

    @TempDir private Path scratch;

    private final SecurityCounters counters = new SecurityCounters();
    private final CompileScope scope = new CompileScope();

    private record Asked(String chain, String method, String path, List<String> fields) {}

    private static String filter(String name, Message prototype, String json) {
        return ("{'name':'"
                        + name
                        + "','typed_config':{'@type':'type.googleapis.com/"
                        + prototype.getDescriptorForType().getFullName()
                        + "'"
                        + (json.equals("{}") ? "}" : "," + json.substring(1))
                        + "}")
                .replace('\'', '"');
    }

    private HttpStage rbac(String json) throws Exception {
        var filter = Recorded.parse(json.replace('\'', '"'), RBAC.getDefaultInstance());
        return new RbacCompiler(counters)
                .http(scope, "envoy.filters.http.rbac", Any.pack(filter))
                .orElseThrow();
    }

    private HttpStage jwt(String json) throws Exception {
        var filter =
                Recorded.parse(json.replace('\'', '"'), JwtAuthentication.getDefaultInstance());
        return new JwtCompiler(
                        SecurityLimits.DEFAULT, InstantSource.system(), System::nanoTime, counters)
                .http(scope, "envoy.filters.http.jwt_authn", Any.pack(filter))
                .orElseThrow();
    }

    private static TestExchange exchange(Asked asked, int port) {
        var exchange =
                new TestExchange()
                        .method(asked.method())
                        .path(asked.path())
                        .principal("")
                        .remote("127.0.0.1")
                        .destination("127.0.0.1", port);
        InetSocketAddress forwarded = null;
        for (int i = 0; i < asked.fields().size(); i += 2) {
            var name = asked.fields().get(i);
            var value = asked.fields().get(i + 1).strip();
            switch (name) {
                case "host" -> exchange.authority(value);
                case "x-principal" -> exchange.principal(value).header(name, value);
                default -> exchange.header(name, value);
            }
            if (name.equals("x-forwarded-for")) {
                forwarded = new InetSocketAddress(value, 0);
            }
        }
        exchange.info().forwardedRemote = forwarded;
        return exchange;
    }

    /// What an answer of ours would look like from outside, in the form of Envoy's.
    private static String ours(TestExchange exchange, List<HttpStage> stages) {
        Step step = Step.NEXT;
        for (var stage : stages) {
            step = stage.onRequest(exchange);
            if (step != Step.NEXT) {
                break;
            }
        }
        var answer =
                step instanceof Step.Answer(var reply)
                        ? reply.status()
                                + " "
                                + reply.body()
                                + " "
                                + reply.details()
                                + " "
                                + reply.headers().get("www-authenticate")
                        : "200 passes direct_response null";
        if (step != Step.NEXT) {
            return answer;
        }
        var told = new JsonObject();
        var metadata = exchange.info().dynamicMetadata();
        told.add("rbac", json(metadata.get("envoy.filters.http.rbac")));
        told.add("jwt", json(metadata.get("envoy.filters.http.jwt_authn")));
        told.add("authz", json(metadata.get("envoy.filters.http.ext_authz")));
        told.add("common", json(metadata.get("envoy.common")));
        for (var field : RealEnvoy.FIELDS) {
            var value =
                    field.startsWith(":") || field.equals("authorization")
                            ? exchange.request().get(field)
                            : exchange.request().headers().get(field);
            told.addProperty(field, value == null ? "-" : value);
        }
        return answer + "\n" + sorted(told);
    }

    /// Of refusals only the answer: Envoy makes it before it tells why.
    private static String theirs(RealEnvoy.Answer answer) {
        var seen =
                answer.status()
                        + " "
                        + answer.body()
                        + " "
                        + answer.details()
                        + " "
                        + answer.headers().get("www-authenticate");
        return answer.details().equals("direct_response")
                ? seen + "\n" + sorted(JsonParser.parseString(unquoted(answer.told())))
                : seen;
    }

    /// Metadata that is not there is printed as `-`.
    private static String unquoted(String json) {
        return json.replace("\":-,", "\":null,");
    }

    private static JsonElement json(@Nullable Object value) {
        return switch (value) {
            case null -> JsonNull.INSTANCE;
            case Map<?, ?> map -> {
                var object = new JsonObject();
                map.forEach((key, v) -> object.add(String.valueOf(key), json(v)));
                yield object;
            }
            case List<?> list -> {
                var array = new com.google.gson.JsonArray();
                list.forEach(v -> array.add(json(v)));
                yield array;
            }
            case Boolean bool -> new JsonPrimitive(bool);
            case Number number -> new JsonPrimitive(number.doubleValue());
            default -> new JsonPrimitive(value.toString());
        };
    }

    private static String sorted(JsonElement element) {
        if (element instanceof JsonObject object) {
            var sorted = new java.util.TreeMap<String, String>();
            object.asMap().forEach((key, value) -> sorted.put(key, sorted(value)));
            return sorted.toString();
        }
        if (element instanceof JsonPrimitive primitive && primitive.isNumber()) {
            return String.valueOf(primitive.getAsDouble());
        }
        if (element instanceof com.google.gson.JsonArray array) {
            return array.asList().stream().map(BesideEnvoyTest::sorted).toList().toString();
        }
        return element.toString();
    }

    private void compare(
            Map<String, List<String>> chains,
            Map<String, List<HttpStage>> stages,
            List<Asked> requests)
            throws Exception {
        try (var envoy = RealEnvoy.start(scratch, chains, List.of())) {
            var differences = new ArrayList<String>();
            for (var asked : requests) {
                var theirs =
                        theirs(
                                envoy.ask(
                                        asked.chain(),
                                        asked.method(),
                                        asked.path(),
                                        asked.fields(),
                                        ""));
                var ours =
                        ours(
                                exchange(asked, envoy.port(asked.chain())),
                                stages.getOrDefault(asked.chain(), List.of()));
                if (!ours.equals(theirs)) {
                    differences.add(asked + "\n  envoy: " + theirs + "\n  ours:  " + ours);
                }
            }
            assertThat(differences).isEmpty();
        }
    }

    @Test
    void rbac_randomPoliciesAndRequests_sameAnswers() throws Exception {
        assumeTrue(RealEnvoy.binary().isPresent(), "needs a real Envoy: ENVOY_BIN=PATH");
        long seed = Optional.ofNullable(System.getenv("SEED")).map(Long::valueOf).orElse(7L);
        var random = new Random(seed);
        var policies = new RandomPolicies(random);
        var chains = new LinkedHashMap<String, List<String>>();
        var stages = new LinkedHashMap<String, List<HttpStage>>();
        var requests = new ArrayList<Asked>();
        for (int i = 0; i < 60; i++) {
            var name = "chain-" + i;
            var json = policies.filter();
            chains.put(
                    name,
                    List.of(
                            PRINCIPAL.replace('\'', '"'),
                            filter("envoy.filters.http.rbac", RBAC.getDefaultInstance(), json)));
            stages.put(name, List.of(rbac(json)));
            for (int j = 0; j < 40; j++) {
                requests.add(
                        new Asked(name, policies.method(), policies.path(), policies.fields()));
            }
        }
        compare(chains, stages, requests);
    }

    @Test
    void jwt_tableOfTokens_sameAnswers() throws Exception {
        assumeTrue(RealEnvoy.binary().isPresent(), "needs a real Envoy: ENVOY_BIN=PATH");
        var chains = new LinkedHashMap<String, List<String>>();
        var stages = new LinkedHashMap<String, List<HttpStage>>();
        var requests = new ArrayList<Asked>();
        for (var chain : TokenTable.chains().entrySet()) {
            var name = chain.getKey();
            chains.put(
                    name,
                    List.of(
                            filter(
                                    "envoy.filters.http.jwt_authn",
                                    JwtAuthentication.getDefaultInstance(),
                                    chain.getValue())));
            stages.put(name, List.of(jwt(chain.getValue())));
            for (var fields : TokenTable.fields()) {
                requests.add(new Asked(name, "GET", "/p?q=1", fields));
            }
            for (var path : TokenTable.paths()) {
                requests.add(new Asked(name, "GET", path, List.of("host", "h")));
            }
            requests.add(
                    new Asked(
                            name,
                            "OPTIONS",
                            "/p",
                            List.of(
                                    "host",
                                    "h",
                                    "origin",
                                    "o",
                                    "access-control-request-method",
                                    "GET")));
        }
        assertThat(TestTokens.jwks("RS256")).isNotEmpty();
        compare(chains, stages, requests);
    }
}
