package dev.ambit.waypoint.xds.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.protobuf.Any;
import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.security.SecurityLimits;
import dev.ambit.waypoint.security.TestExchange;
import dev.ambit.waypoint.security.TestTokens;
import dev.ambit.waypoint.stage.Step;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwtCompilerTest {
    private final JwtCompiler compiler =
            new JwtCompiler(
                    SecurityLimits.DEFAULT,
                    InstantSource.fixed(Instant.ofEpochSecond(1_000)),
                    () -> 0,
                    new SecurityCounters());
    private final CompileScope scope = new CompileScope();

    @Test
    void http_everyRecordedFilter_isUnderstood_andLetsTokenlessRequestsPass() throws Exception {
        assumeThat(Recorded.directory()).as("recordings").isPresent();
        var filters = Recorded.filters(JwtAuthentication.getDefaultInstance());
        assertThat(filters).hasSizeGreaterThan(2);
        for (var entry : filters.entrySet()) {
            var stage = compiler.http(scope, "jwt", entry.getValue()).orElseThrow();
            assertThat(stage.onRequest(new TestExchange())).as(entry.getKey()).isEqualTo(Step.NEXT);
            var bad = new TestExchange().header("x-gw", "a.b.c");
            assertThat(stage.onRequest(bad)).as(entry.getKey()).isInstanceOf(Step.Answer.class);
        }
        assertThat(scope.skipped()).isEmpty();
    }

    private Step asked(String json, TestExchange exchange) throws Exception {
        var filter =
                Recorded.parse(json.replace('\'', '"'), JwtAuthentication.getDefaultInstance());
        return compiler.http(scope, "jwt", Any.pack(filter)).orElseThrow().onRequest(exchange);
    }

    private static String filter(String requires) {
        var keys = TestTokens.jwks("HS256").replace("\"", "\\\"").replace("'", "");
        return "{'providers':{'p':{'issuer':'i','localJwks':{'inlineString':\""
                + keys
                + "\"}},'q':{'issuer':'j','fromCookies':['c'],'localJwks':{'inlineString':'{}'}}},"
                + "'rules':[{'match':{'prefix':'/open'}},{'match':{'prefix':'/'},'requires':"
                + requires
                + "}]}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'providerName':'p'}; i; /; true",
                "{'providerName':'p'}; x; /; false",
                "{'providerName':'p'}; ; /; false",
                "{'providerName':'p'}; ; /open; true",
                "{'providerAndAudiences':{'providerName':'p','audiences':['a']}}; i; /; false",
                "{'requiresAny':{'requirements':[{'providerName':'p'},{'allowMissing':{}}]}}; ; /;"
                        + " true",
                "{'requiresAny':{'requirements':[{'providerName':'p'},{'allowMissing':{}}]}}; x; /;"
                        + " false",
                "{'requiresAny':{'requirements':[{'allowMissing':{}},{'providerName':'p'},{'allowMissingOrFailed':{}}]}};"
                        + " x; /; true",
                "{'requiresAll':{'requirements':[{'providerName':'p'},{'providerName':'q'}]}}; i;"
                        + " /; false",
                "{'requiresAll':{'requirements':[{'providerName':'p'},{'allowMissing':{}}]}}; i; /;"
                        + " true",
                "{}; ; /; true",
            })
    void http_requirement_isAsked(String requires, String issuer, String path, boolean passes)
            throws Exception {
        var exchange = new TestExchange().path(path);
        if (issuer != null) {
            var token = TestTokens.token("HS256", "{\"iss\":\"" + issuer + "\"}");
            exchange.header("authorization", "Bearer " + token);
        }
        assertThat(asked(filter(requires), exchange) == Step.NEXT).isEqualTo(passes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'rules':[{'match':{'prefix':'/'},'requires':{'providerName':'none'}}]}",
                "{'rules':[{'match':{'prefix':'/'},'requirementName':'none'}]}",
                "{'rules':[{'match':{},'requires':{}}]}",
                "{'providers':{'p':{'localJwks':{'filename':'/etc/keys'}}}}",
                "{'providers':{'p':{'remoteJwks':{'httpUri':{'uri':'issuer','cluster':'c','timeout':'1s'}}}}}",
                "{'providers':{'p':{'remoteJwks':{'httpUri':{'uri':'http://issuer/','timeout':'1s'}}}}}",
            })
    void http_whatCantBeUsed_isRefusedWithThePlace(String json) {
        assertThatThrownBy(() -> asked(json, new TestExchange()))
                .isInstanceOf(Refused.class)
                .hasMessageStartingWith("jwt_authn: ");
    }

    @Test
    void http_remoteKeys_needTheirCluster() throws Exception {
        asked(
                "{'providers':{'p':{'remoteJwks':{'httpUri':{'uri':'https://issuer/keys','cluster':'c','timeout':'1s'}}}}}",
                new TestExchange());
        assertThat(scope.clusters()).containsExactly("c");
    }
}
