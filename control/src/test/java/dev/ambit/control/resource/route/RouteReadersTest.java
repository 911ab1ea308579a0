package dev.ambit.control.resource.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.YamlLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Routes that can't be used: refused alone, with the field, the value and what was expected.
class RouteReadersTest {
    private static final String GOOD =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: good, namespace: shop}
            spec: {hosts: [web], http: [{route: [{destination: {host: web}}]}]}
            """;

    @TempDir private Path directory = Path.of(".");

    private void assertRefused(String kind, String spec, String field, String why)
            throws IOException {
        Files.writeString(
                directory.resolve("in.yaml"),
                """
                apiVersion: %s
                kind: %s
                metadata: {name: bad, namespace: shop}
                spec: %s
                ---
                %s
                """
                        .formatted(
                                kind.equals("VirtualService")
                                        ? "networking.istio.io/v1"
                                        : kind.equals("TrafficSplit")
                                                ? "split.smi-spec.io/v1alpha4"
                                                : "gateway.networking.k8s.io/v1",
                                kind,
                                spec,
                                GOOD));
        var read = DirectorySource.readOnce(directory, new YamlLimits(4 << 20, 1_000, 50, 64), 10);

        assertThat(read.all(VirtualService.class))
                .extracting(v -> v.meta().name())
                .containsExactly("good");
        assertThat(read.problems()).hasSize(1);
        var problem = read.problems().getFirst();
        assertThat(problem.severity()).isEqualTo(Problem.Severity.ERROR);
        assertThat(problem.field()).isEqualTo(field);
        assertThat(problem.message()).contains(why).contains("expected");
        assertThat(problem.origin().line()).isPositive();
    }

    private static final String ROUTE = "route: [{destination: {host: web}}]";

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "match: [{uri: {regex: '(?=x)'}}]; match[0].uri.regex; RE2",
                "match: [{uri: {regex: '('}}]; match[0].uri.regex; RE2",
                "match: [{uri: {regex: ''}}]; match[0].uri.regex; empty",
                "match: [{uri: {regex: '((a{100}){100}){100}'}}]; match[0].uri.regex; repeats",
                "match: [{uri: {regex: '([a-z0-9_.-]{90}b{90}){12}'}}]; match[0].uri.regex; repeats",
                "match: [{uri: {exact: a, prefix: b}}]; match[0].uri.prefix; set with exact",
                "match: [{method: {prefix: ''}}]; match[0].method.prefix; empty",
                "match: [{headers: {'a b': {exact: x}}}]; match[0].headers.a b; name of a header",
                "match: [{headers: {'@request.auth.claims.x': {exact: x}}}]; match[0].headers.@request.auth.claims.x; gateways only",
                "match: [{port: 70000}]; match[0].port; 65535",
                "match: [{sourceNamespace: 'A_B'}]; match[0].sourceNamespace; a namespace",
                "headers: {request: {set: {':path': /x}}}; headers.request.set; :authority",
                "headers: {response: {set: {host: x}}}; headers.response.set; may be changed",
                "headers: {request: {set: {a: '%x'}}}; headers.request.set; percent",
                "headers: {request: {set: {':authority': a, host: b}}}; headers; set once",
                "timeout: 0s; timeout; 1ms",
                "timeout: soon; timeout; soon",
                "retries: {attempts: 0, retryOn: 5xx}; retries.attempts; 1 or more",
                "retries: {attempts: 1, retryOn: 'never'}; retries.retryOn; never",
                "fault: {}; fault.delay; delay, abort or both",
                "fault: {delay: {exponentialDelay: 1s}}; fault.delay.exponentialDelay; fixedDelay",
                "fault: {abort: {grpcStatus: NOPE}}; fault.abort.grpcStatus; NOT_FOUND",
                "fault: {abort: {httpStatus: 99}}; fault.abort.httpStatus; 599",
                "fault: {abort: {httpStatus: 500, percentage: {value: 101}}}; fault.abort.percentage.value; 100",
                "corsPolicy: {allowOrigins: [{}]}; corsPolicy.allowOrigins[0].exact; exact, prefix or regex",
                "corsPolicy: {allowMethods: [FETCH]}; corsPolicy.allowMethods; FETCH",
                "corsPolicy: {unmatchedPreflights: MAYBE}; corsPolicy.unmatchedPreflights; FORWARD",
                "rewrite: {}; rewrite.uri; authority",
                "rewrite: {uri: /a, uriRegexRewrite: {match: a, rewrite: b}}; rewrite.uriRegexRewrite; one of the two",
                "mirrors: [{percentage: {value: 1}}]; mirrors[0].destination; missing",
                "redirect: {uri: /x}; route; set with redirect",
                "directResponse: {status: 200}; route; set with directResponse",
                "delegate: {name: x}; route; set with delegate",
                "colour: blue; colour; unknown field"
            })
    void virtualService_badHttp_refused(String part, String field, String why) throws IOException {
        assertRefused(
                "VirtualService",
                "{hosts: [web], http: [{" + ROUTE + ", " + part + "}]}",
                "spec.http[0]." + field,
                why);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{hosts: [web]}; spec.http; missing",
                "{hosts: ['*'], http: [{%}]}; spec.hosts; '*'",
                "{hosts: ['a b'], http: [{%}]}; spec.hosts; a b",
                "{hosts: [a.example, '*.example'], http: [{%}]}; spec.hosts; none within another",
                "{hosts: [web], http: [{}]}; spec.http[0].route; redirect or directResponse",
                "{hosts: [web], exportTo: ['.', shop], http: [{%}]}; spec.exportTo; once",
                "{hosts: [web], exportTo: ['*', shop], http: [{%}]}; spec.exportTo; alone",
                "{hosts: [web], exportTo: ['~'], http: [{%}]}; spec.exportTo; a namespace",
                "{gateways: [mesh], http: [{%}]}; spec.gateways; without hosts",
                "{http: [{delegate: {name: x}}]}; spec.http[0].delegate; do not delegate",
                "{hosts: [web], http: [{route: [{destination: {host: a}}, {destination: {host: b}}]}]}; spec.http[0].route; sum up to 0",
                "{hosts: [web], http: [{route: [{destination: {host: a}, weight: -1}]}]}; spec.http[0].route[0].weight; number",
                "{hosts: [web], http: [{route: [{destination: {host: a, subset: 'a b'}}]}]}; spec.http[0].route[0].destination.subset; a b",
                "{hosts: [web], http: [{route: [{weight: 1}]}]}; spec.http[0].route[0].destination; missing",
                "{hosts: [web], http: [{redirect: {}}]}; spec.http[0].redirect.uri; missing",
                "{hosts: [web], http: [{redirect: {uri: /x, redirectCode: 304}}]}; spec.http[0].redirect.redirectCode; 308",
                "{hosts: [web], http: [{redirect: {uri: /x, scheme: ftp}}]}; spec.http[0].redirect.scheme; https",
                "{hosts: [web], http: [{directResponse: {status: 200, body: {bytes: '!'}}}]}; spec.http[0].directResponse.body.bytes; base64",
                "{hosts: [web], tls: [{%}]}; spec.tls[0].match; sniHosts",
                "{hosts: [web.example], tls: [{match: [{sniHosts: [other.example]}], %}]}; spec.tls[0].match[0].sniHosts; within hosts",
                "{hosts: [web], tcp: [{match: [{destinationSubnets: [x]}], %}]}; spec.tcp[0].match[0].destinationSubnets; CIDR",
                "{hosts: [web], tcp: [{}]}; spec.tcp[0].route; at least one"
            })
    void virtualService_bad_refused(String spec, String field, String why) throws IOException {
        assertRefused("VirtualService", spec.replace("%", ROUTE), field, why);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "matches: [{path: {type: Glob, value: /}}]; matches[0].path.type; PathPrefix",
                "matches: [{path: {value: x}}]; matches[0].path.value; starts with /",
                "matches: [{path: {type: RegularExpression, value: '('}}]; matches[0].path.value; RE2",
                "matches: [{method: FETCH}]; matches[0].method; HTTP method",
                "matches: [{headers: [{name: a, value: x}, {name: a, value: y}]}]; matches[0].headers[1].name; once",
                "matches: [{queryParams: [{name: 'a b', value: x}]}]; matches[0].queryParams[0].name; a b",
                "filters: [{type: Shout}]; filters[0].type; RequestMirror",
                "filters: [{type: CORS}]; filters[0].cors; missing",
                "filters: [{type: RequestRedirect, requestRedirect: {statusCode: 304}}]; filters[0].requestRedirect.statusCode; 308",
                "filters: [{type: URLRewrite, urlRewrite: {path: {replaceFullPath: /x}}}]; filters[0].urlRewrite.path.type; ReplaceFullPath",
                "matches: [{path: {type: Exact, value: /a}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /x}}}]; filters[0].urlRewrite.path.type; PathPrefix",
                "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: a}, percent: 1, fraction: {numerator: 1}}}]; filters[0].requestMirror.percent; one of the two",
                "timeouts: {request: 1s, backendRequest: 2s}; timeouts.backendRequest; at most request",
                "timeouts: {request: soon}; timeouts.request; soon",
                "retry: {codes: [200]}; retry.codes[0]; 400",
                "backendRefs: [{name: a, weight: -1}]; backendRefs[0].weight; number",
                "backendRefs: [{name: a, port: 0}]; backendRefs[0].port; number",
                "colour: blue; colour; unknown field"
            })
    void httpRoute_badRule_refused(String part, String field, String why) throws IOException {
        assertRefused(
                "HTTPRoute",
                "{parentRefs: [{name: web}], rules: [{" + part + "}]}",
                "spec.rules[0]." + field,
                why);
    }

    @Test
    void grpcRoute_methodWithoutBoth_refused() throws IOException {
        assertRefused(
                "GRPCRoute",
                "{rules: [{matches: [{method: {type: Exact}}]}]}",
                "spec.rules[0].matches[0].method.service",
                "service, method or both");
    }

    @Test
    void trafficSplit_withoutWeights_refused() throws IOException {
        assertRefused(
                "TrafficSplit",
                "{service: web, backends: [{service: a, weight: 0}]}",
                "spec.backends",
                "sum up to 0");
    }

    @Test
    void directResponse_tooLarge_refused() throws IOException {
        assertRefused(
                "VirtualService",
                "{hosts: [web], http: [{directResponse: {status: 200, body: {string: '"
                        + "x".repeat((1 << 20) - 100)
                        + "y".repeat(200)
                        + "'}}}]}",
                "spec.http[0].directResponse.body.string",
                "1048576");
    }
}
