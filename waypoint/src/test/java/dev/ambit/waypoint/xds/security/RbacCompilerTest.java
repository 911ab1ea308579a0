package dev.ambit.waypoint.xds.security;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.protobuf.Any;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.security.TestExchange;
import dev.ambit.waypoint.stage.Step;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RbacCompilerTest {
    private static final io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC NETWORK =
            io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC.getDefaultInstance();

    private final RbacCompiler compiler = new RbacCompiler(new SecurityCounters());
    private final CompileScope scope = new CompileScope();

    @Test
    void http_everyRecordedFilter_isUnderstood() throws Exception {
        assumeThat(Recorded.directory()).as("recordings").isPresent();
        var filters = Recorded.filters(RBAC.getDefaultInstance());
        assertThat(filters).hasSizeGreaterThan(10);
        for (var entry : filters.entrySet()) {
            assertThat(compiler.http(scope, "rbac", entry.getValue()))
                    .as(entry.getKey())
                    .isPresent();
        }
    }

    @Test
    void network_everyRecordedFilter_isUnderstood() throws Exception {
        assumeThat(Recorded.directory()).as("recordings").isPresent();
        var filters = Recorded.filters(NETWORK);
        assertThat(filters).hasSizeGreaterThan(3);
        for (var entry : filters.entrySet()) {
            assertThat(compiler.network(scope, "rbac", entry.getValue()))
                    .as(entry.getKey())
                    .isPresent();
        }
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void http_everyGolden_isUnderstood(String file) throws Exception {
        assumeThat(Recorded.directory()).as("recordings").isPresent();
        var any = Recorded.goldens("http", RBAC.getDefaultInstance()).get(file);
        if (any != null) {
            compiler.http(scope, "rbac", any);
        }
        var tcp = Recorded.goldens("tcp", NETWORK).get(file);
        if (tcp != null) {
            compiler.network(scope, "rbac", tcp);
        }
        assertThat(any == null && tcp == null).isFalse();
    }

    static Stream<String> goldens() throws IOException {
        return Stream.concat(
                Recorded.names(Recorded.goldens("http", RBAC.getDefaultInstance())).stream(),
                Recorded.names(Recorded.goldens("tcp", NETWORK)).stream());
    }

    /// What the policy of each golden says, asked by requests.
    @ParameterizedTest
    @CsvSource({
        // golden, principal, method, path, authority, passes
        // It excludes every path by `*`.
        "allow-path-out.yaml, spiffe://td/ns/a/sa/x, GET, /exact, h, false",
        "allow-empty-rule-out.yaml, spiffe://td/ns/a/sa/x, GET, /, h, true",
        "extended-allow-nil-rule-out.yaml, spiffe://td/ns/a/sa/x, GET, /, h, false",
        "deny-empty-rule-out.yaml, spiffe://td/ns/a/sa/x, GET, /, h, false",
        "simple-policy-principal-with-wildcard-out.yaml, spiffe://td/x, GET, /, h, true",
        "simple-policy-principal-with-wildcard-out.yaml, '', GET, /, h, false",
        "trust-domains-out.yaml, spiffe://cluster.local/ns/a/sa/x, GET, /, h, true",
        "trust-domains-out.yaml, spiffe://untrusted/ns/a/sa/x, GET, /, h, false",
        "trust-domains-out.yaml, spiffe://badly/ns/a/sa/x, GET, /, h, false",
    })
    void http_golden_decides(
            String golden, String principal, String method, String path, String host, boolean ok)
            throws Exception {
        assumeThat(Recorded.directory()).as("recordings").isPresent();
        var any = Recorded.goldens("http", RBAC.getDefaultInstance()).get(golden);
        assumeThat(any).isNotNull();
        var stage = compiler.http(scope, "rbac", requireNonNull(any)).orElseThrow();
        var exchange =
                new TestExchange().principal(principal).method(method).path(path).authority(host);
        assertThat(stage.onRequest(exchange) == Step.NEXT).isEqualTo(ok);
    }

    private static String permission(String json) {
        return "{\"rules\":{\"policies\":{\"p\":{\"permissions\":["
                + json
                + "],\"principals\":[{\"any\":true}]}}}}";
    }

    private static String principal(String json) {
        return "{\"rules\":{\"policies\":{\"p\":{\"permissions\":[{\"any\":true}],\"principals\":["
                + json
                + "]}}}}";
    }

    private Step asked(String json, TestExchange exchange) throws Exception {
        var any = Any.pack(Recorded.parse(json, RBAC.getDefaultInstance()));
        return compiler.http(scope, "rbac", any).orElseThrow().onRequest(exchange);
    }

    private static TestExchange request() {
        return new TestExchange()
                .path("/users/7/orders?x=1")
                .method("POST")
                .authority("Web.example:80")
                .serverName("web.example")
                .destination("10.96.0.10", 8080)
                .remote("10.0.0.7")
                .header("x-user", "u1")
                .header("x-user", "u2")
                .metadata(
                        "envoy.filters.http.jwt_authn",
                        "payload",
                        Map.of("iss", "i", "groups", java.util.List.of("a", "b")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'header':{'name':':method','stringMatch':{'exact':'POST'}}}",
                "{'header':{'name':':authority','stringMatch':{'prefix':'web.','ignoreCase':true}}}",
                "{'header':{'name':'x-user','stringMatch':{'exact':'u2'}}}",
                "{'header':{'name':'X-User','presentMatch':true}}",
                "{'urlPath':{'path':{'exact':'/users/7/orders'}}}",
                "{'urlPath':{'path':{'safeRegex':{'regex':'.+'}}}}",
                "{'uriTemplate':{'name':'t','typedConfig':{'@type':'type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig','pathTemplate':'/users/*/orders'}}}",
                "{'destinationIp':{'addressPrefix':'10.96.0.0','prefixLen':16}}",
                "{'destinationPort':8080}",
                "{'destinationPortRange':{'start':8080,'end':8081}}",
                "{'requestedServerName':{'exact':'web.example'}}",
                "{'notRule':{'destinationPort':80}}",
                "{'andRules':{'rules':[{'any':true},{'destinationPort':8080}]}}",
                "{'orRules':{'rules':[{'destinationPort':1},{'destinationPort':8080}]}}",
                "{'metadata':{'filter':'envoy.filters.http.jwt_authn','path':[{'key':'payload'},{'key':'groups'}],'value':{'listMatch':{'oneOf':{'stringMatch':{'exact':'b'}}}}}}",
                "{'metadata':{'filter':'envoy.filters.http.jwt_authn','path':[{'key':'payload'},{'key':'iss'}],'value':{'stringMatch':{'exact':'x'}},'invert':true}}",
                "{'sourcedMetadata':{'metadataMatcher':{'filter':'envoy.filters.http.jwt_authn','path':[{'key':'payload'},{'key':'iss'}],'value':{'orMatch':{'valueMatchers':[{'stringMatch':{'exact':'i'}},{'boolMatch':true}]}}}}}",
            })
    void permission_eachKind_holdsAndItsNegationDoesNot(String json) throws Exception {
        var quoted = json.replace('\'', '"');
        assertThat(asked(permission(quoted), request())).isEqualTo(Step.NEXT);
        assertThat(asked(permission("{\"notRule\":" + quoted + "}"), request()))
                .isInstanceOf(Step.Answer.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'authenticated':{}}",
                "{'authenticated':{'principalName':{'suffix':'/sa/alice'}}}",
                "{'filterState':{'key':'io.istio.peer_principal','stringMatch':{'safeRegex':{'regex':'.*/ns/shop/.*'}}}}",
                "{'filterState':{'key':'io.istio.connect_authority','stringMatch':{'exact':'10.96.0.10:80'}}}",
                "{'directRemoteIp':{'addressPrefix':'10.0.0.0','prefixLen':8}}",
                "{'remoteIp':{'addressPrefix':'10.0.0.7','prefixLen':32}}",
                "{'sourceIp':{'addressPrefix':'10.0.0.7','prefixLen':32}}",
                "{'header':{'name':'x-user','stringMatch':{'contains':'u2'}}}",
                "{'urlPath':{'path':{'prefix':'/users/'}}}",
                "{'notId':{'remoteIp':{'addressPrefix':'10.0.0.8','prefixLen':32}}}",
                "{'andIds':{'ids':[{'any':true},{'authenticated':{}}]}}",
                "{'orIds':{'ids':[{'sourceIp':{'addressPrefix':'::1','prefixLen':128}},{'any':true}]}}",
            })
    void principal_eachKind_holdsAndItsNegationDoesNot(String json) throws Exception {
        var quoted = json.replace('\'', '"');
        assertThat(asked(principal(quoted), request())).isEqualTo(Step.NEXT);
        assertThat(asked(principal("{\"notId\":" + quoted + "}"), request()))
                .isInstanceOf(Step.Answer.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'rules':{'policies':{'p':{'permissions':[{}],'principals':[{'any':true}]}}}}",
                "{'rules':{'policies':{'p':{'permissions':[{'any':true}]}}}}",
                "{'rules':{'policies':{'p':{'permissions':[{'any':true}],'principals':[{}]}}}}",
                "{'rules':{'policies':{'p':{'permissions':[{'urlPath':{'path':{'safeRegex':{'regex':'('}}}}],'principals':[{'any':true}]}}}}",
                "{'rules':{'policies':{'p':{'permissions':[{'destinationIp':{'addressPrefix':'host'}}],'principals':[{'any':true}]}}}}",
                "{'rules':{'policies':{'p':{'permissions':[{'destinationPortRange':{'start':9,'end':9}}],'principals':[{'any':true}]}}}}",
                "{'rules':{'policies':{'p':{'permissions':[{'any':true}],'principals':[{'any':true}],'condition':{}}}}}",
                "{'rules':{'policies':{'p':{'permissions':[{'matcher':{'name':'m'}}],'principals':[{'any':true}]}}}}",
                "{'matcher':{}}",
                "{'shadowMatcher':{}}",
            })
    void http_whatIsNotKnown_isRefusedWithThePlace(String json) {
        assertThatThrownBy(() -> asked(json.replace('\'', '"'), request()))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("rbac.");
    }

    @Test
    void rules_actionOfTheFuture_isRefused() throws Exception {
        var builder = io.envoyproxy.envoy.config.rbac.v3.RBAC.newBuilder();
        JsonFormat.parser().merge("{\"action\": 9}", builder);
        assertThatThrownBy(() -> RbacCompiler.rules(builder.build()))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("action: '9'");
    }
}
