package dev.ambit.waypoint.xds.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.route.Requests;
import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.route.RouteTable;
import dev.ambit.waypoint.route.Router;
import dev.ambit.waypoint.xds.Refused;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What tables decide for requests: columns are a match or an action in JSON, a request, and what
/// becomes of it.
class RoutingTest {
    private static final String TO = ",route:{cluster:c}}";

    private static RouteTable matching(String match) throws Exception {
        return RouteLab.table("{match:" + match + TO);
    }

    private static RouteDecision.Forward forward(RouteTable table, String path, String headers)
            throws Exception {
        return (RouteDecision.Forward)
                Router.decide(table, Requests.with("GET", path, headers), Requests.info(), 0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{path:'/a'}; /a; ; true",
                "{path:'/a'}; /a?b; ; true",
                "{path:'/a'}; /A; ; false",
                "{path:'/a',case_sensitive:false}; /A; ; true",
                "{prefix:'/a'}; /ab; ; true",
                "{prefix:'/A',case_sensitive:false}; /ab; ; true",
                "{path_separated_prefix:'/a'}; /ab; ; false",
                "{path_separated_prefix:'/a'}; /a/b?c; ; true",
                "{path_separated_prefix:'/a'}; /a?c; ; true",
                "{safe_regex:{regex:'/i/[0-9]+'}}; /i/4?x; ; true",
                "{safe_regex:{regex:'/i/[0-9]+'}}; /i/4x; ; false",
                "{connect_matcher:{}}; /a; ; false",
                "{prefix:'/',headers:[{name:X-A,string_match:{exact:'1'}}]}; /; x-a: 1; true",
                "{prefix:'/',headers:[{name:x-a,string_match:{exact:'1'}}]}; /; x-a: 1, x-a: 2;"
                        + " false",
                "{prefix:'/',headers:[{name:x-a,string_match:{exact:'1'},invert_match:true}]}; /;"
                        + " x-b: 1; false",
                "{prefix:'/',headers:[{name:x-a,string_match:{exact:'1'},invert_match:true,"
                        + "treat_missing_header_as_empty:true}]}; /; x-b: 1; true",
                "{prefix:'/',headers:[{name:':method',string_match:{exact:GET}}]}; /; ; true",
                "{prefix:'/',headers:[{name:':authority',string_match:{prefix:'WEB.',"
                        + "ignore_case:true}}]}; /; ; true",
                "{prefix:'/',headers:[{name:x-a,range_match:{start:1,end:5}}]}; /; x-a: 4; true",
                "{prefix:'/',headers:[{name:x-a,present_match:true}]}; /; ; false",
                "{prefix:'/',headers:[{name:x-a}]}; /; x-a: 1; true",
                "{prefix:'/',query_parameters:[{name:q,string_match:{exact:'1'}}]}; /?q=1; ; true",
                "{prefix:'/',query_parameters:[{name:q,string_match:{exact:'1'}}]}; /?q=2&q=1; ;"
                        + " false",
                "{prefix:'/',query_parameters:[{name:q,present_match:false}]}; /?q; ; false",
                "{prefix:'/',query_parameters:[{name:q}]}; /?q; ; true",
                "{prefix:'/',grpc:{}}; /; content-type: application/grpc+proto; true",
                "{prefix:'/',grpc:{}}; /; content-type: application/grpc-web; false",
                "{prefix:'/',runtime_fraction:{default_value:{numerator:0}}}; /; ; false",
                "{prefix:'/',runtime_fraction:{default_value:{numerator:100}}}; /; ; true",
                "{prefix:'/',tls_context:{presented:true}}; /; ; true",
                "{prefix:'/',tls_context:{presented:false}}; /; ; false",
                "{prefix:'/é'}; /Ã©; ; true",
            })
    void match_request_takesTheRouteOrNot(String match, String path, String headers, boolean taken)
            throws Exception {
        var decision =
                Router.decide(
                        matching(match),
                        Requests.with("GET", path, headers == null ? "" : headers),
                        Requests.info(),
                        0);
        assertThat(decision instanceof RouteDecision.Forward).isEqualTo(taken);
    }

    @Test
    void match_connect_needsNoPath() throws Exception {
        var table = matching("{connect_matcher:{}}");
        var connect = Requests.with("CONNECT", "", "");
        assertThat(Router.decide(table, connect, Requests.info(), 0).found()).isNotNull();
        assertThat(Router.decide(matching("{prefix:''}"), connect, Requests.info(), 0).found())
                .isNull();
    }

    @Test
    void match_claims_areFoundAfterAStageHasPutThemThere() throws Exception {
        var table =
                matching(
                        "{prefix:'/',dynamic_metadata:[{filter:'envoy.filters.http.jwt_authn',"
                                + "path:[{key:payload},{key:tier}],value:{or_match:{value_matchers:["
                                + "{string_match:{exact:gold}},"
                                + "{list_match:{one_of:{string_match:{exact:gold}}}}]}}}]}");
        var info = Requests.info();
        assertThat(Router.decide(table, Requests.get("/"), info, 0))
                .isEqualTo(RouteDecision.NO_ROUTE);
        info.dynamicMetadata(
                "envoy.filters.http.jwt_authn", "payload", Map.of("tier", List.of("gold")));
        assertThat(Router.decide(table, Requests.get("/"), info, 0).found()).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({
        "a.example, exact",
        "A.EXAMPLE, exact",
        "a.example:80, any",
        "x.b.example, suffix",
        "b.example, any",
        "y.x.b.example, longer",
        "api.test, prefix",
        "api., any",
    })
    void host_authority_findsItsVirtualHost(String authority, String name) throws Exception {
        var table =
                RouteLab.tableOf(
                        "{virtual_hosts:["
                                + String.join(
                                        ",",
                                        host("exact", "'a.example'"),
                                        host("suffix", "'*.b.example'"),
                                        host("longer", "'*.x.b.example'"),
                                        host("prefix", "'api.*'"),
                                        host("any", "'*'"))
                                + "]}");
        var request = Requests.get("/");
        request.authority(authority);
        var found =
                Objects.requireNonNull(Router.decide(table, request, Requests.info(), 0).found());
        assertThat(found.host().name()).isEqualTo(name);
    }

    private static String host(String name, String domain) {
        return "{name:"
                + name
                + ",domains:["
                + domain
                + "],routes:[{match:{prefix:'/'},route:{cluster:c}}]}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{prefix:'/a'}; prefix_rewrite:'/b'; /a/c?d; /b/c?d",
                "{prefix:'/a/'}; prefix_rewrite:'/'; /a/c; /c",
                "{prefix:'/A',case_sensitive:false}; prefix_rewrite:'/b'; /ac; /bc",
                "{path_separated_prefix:'/a'}; prefix_rewrite:'/b'; /a?d; /b?d",
                "{path:'/a'}; prefix_rewrite:'/b'; /a?d; /b?d",
                "{safe_regex:{regex:'/a.*'}}; prefix_rewrite:'/b'; /abc?d; /b?d",
                "{prefix:'/'}; 'regex_rewrite:{pattern:{regex:''/x/([^/]+)/(.*)''},substitution:"
                        + "''/\\\\2/\\\\1''}'; /x/1/2?q; /2/1?q",
                "{prefix:'/'}; 'regex_rewrite:{pattern:{regex:''^/rw(/?)(.*)''},substitution:"
                        + "''/\\\\2''}'; /rw; /",
                "{prefix:'/'}; 'regex_rewrite:{pattern:{regex:''/.*''},substitution:''/one''}';"
                        + " /a/b; /one",
                "{prefix:'/'}; 'regex_rewrite:{pattern:{regex:a},substitution:''\\\\0\\\\0''}';"
                        + " /abab; /aabaab",
                "{prefix:'/'}; 'regex_rewrite:{pattern:{regex:''x*''},substitution:''-''}'; /a;"
                        + " -/-a-",
            })
    void rewrite_path_keepsTheQuery(String match, String rewrite, String path, String expected)
            throws Exception {
        var table = RouteLab.table("{match:" + match + ",route:{cluster:c," + rewrite + "}}");
        var request = Requests.get(path);
        var decision = (RouteDecision.Forward) Router.decide(table, request, Requests.info(), 0);
        decision.finishRequest(request, Requests.info(), true);
        assertThat(request.path()).isEqualTo(expected);
        assertThat(request.get("x-envoy-original-path")).isEqualTo(path);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "host_rewrite_literal:n.example; ; n.example; ",
                "host_rewrite_literal:n.example,append_x_forwarded_host:true; ; n.example;"
                        + " web.shop",
                "host_rewrite_literal:n.example,append_x_forwarded_host:true; x-forwarded-host: o;"
                        + " n.example; 'o,web.shop'",
                "host_rewrite_literal:n.example,append_x_forwarded_host:true; x-forwarded-host:"
                        + " web.shop; n.example; web.shop",
                "host_rewrite_header:X-H; x-h: h.example; h.example; ",
                "host_rewrite_header:X-H; ; web.shop; ",
                "auto_host_rewrite:true; ; web.shop; ",
                "'host_rewrite_path_regex:{pattern:{regex:''^/(.+)/.+$''},substitution:''\\\\1.x''}';"
                        + " ; a.x; ",
            })
    void rewrite_host_isAsTheRouteSays(
            String rewrite, String headers, String host, String forwarded) throws Exception {
        var table = RouteLab.table("{match:{prefix:'/'},route:{cluster:c," + rewrite + "}}");
        var request = Requests.with("GET", "/a/b?c", headers == null ? "" : headers);
        var decision = (RouteDecision.Forward) Router.decide(table, request, Requests.info(), 0);
        decision.finishRequest(request, Requests.info(), false);
        assertThat(request.authority()).isEqualTo(host);
        assertThat(request.get("x-forwarded-host")).isEqualTo(forwarded);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "host_redirect:o.example; /a?b; 301; http://o.example/a?b",
                "path_redirect:'/to'; /a?b; 301; http://web.shop/to?b",
                "path_redirect:'/to?x'; /a?b; 301; http://web.shop/to?x",
                "path_redirect:'/to',strip_query:true; /a?b; 301; http://web.shop/to",
                "prefix_rewrite:'/n',response_code:FOUND; /a/c?b; 302; http://web.shop/n/c?b",
                "scheme_redirect:https; /a; 301; https://web.shop/a",
                "https_redirect:true,response_code:PERMANENT_REDIRECT; /a; 308; https://web.shop/a",
                "port_redirect:8443; /a; 301; http://web.shop:8443/a",
                "response_code:TEMPORARY_REDIRECT,strip_query:true; /a?b; 307; http://web.shop/a",
                "'regex_rewrite:{pattern:{regex:''^/a/(.*)''},substitution:''/z/\\\\1''}'; /a/c?b;"
                        + " 301; http://web.shop/z/c?b",
            })
    void redirect_request_goesThere(String redirect, String path, int status, String location)
            throws Exception {
        var table = RouteLab.table("{match:{prefix:'/a'},redirect:{" + redirect + "}}");
        var request = Requests.get(path);
        var decision = (RouteDecision.Redirect) Router.decide(table, request, Requests.info(), 0);
        assertThat(decision.action().status()).isEqualTo(status);
        assertThat(decision.location(request)).isEqualTo(location);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "path_redirect:'/to'; /a/b; /a/b; ",
                "prefix_rewrite:'/n'; /a/b?c; /n/b?c; /a/b?c",
                "'regex_rewrite:{pattern:{regex:''^/a/(.*)''},substitution:''/z/\\\\1''}'; /a/b;"
                        + " /z/b; /a/b",
            })
    void redirect_partOfThePathReplaced_isToldAsIfItWasForwarded(
            String redirect, String path, String told, String original) throws Exception {
        var table = RouteLab.table("{match:{prefix:'/a'},redirect:{" + redirect + "}}");
        var request = Requests.get(path);
        var decision = (RouteDecision.Redirect) Router.decide(table, request, Requests.info(), 0);
        decision.finishRequest(request, true);
        assertThat(request.path()).isEqualTo(told);
        assertThat(request.get("x-envoy-original-path")).isEqualTo(original);
    }

    @ParameterizedTest
    @CsvSource({
        // authority, forwarded proto, location of a change to https
        "web:80, http, https://web/",
        "web:8080, http, https://web:8080/",
        "web:443, http, https://web:443/",
        "web:80, https, https://web:80/",
        "'[::1]:80', http, 'https://[::1]/'",
        "'[::1]', http, 'https://[::1]/'",
    })
    void redirect_schemeChanges_defaultPortGoes(String authority, String proto, String location)
            throws Exception {
        var table = RouteLab.table("{match:{prefix:'/'},redirect:{https_redirect:true}}");
        var request = Requests.get("/", "x-forwarded-proto", proto);
        request.authority(authority);
        var decision = (RouteDecision.Redirect) Router.decide(table, request, Requests.info(), 0);
        assertThat(decision.location(request)).isEqualTo(location);
    }

    @Test
    void direct_status_hasItsBodyAndMayNameItself() throws Exception {
        var table =
                RouteLab.table(
                        "{match:{prefix:'/'},direct_response:{status:503,body:{inline_string:no}},"
                                + "response_headers_to_add:[{header:{key:x-why,value:stock}}]}");
        var request = Requests.get("/x");
        var direct = (RouteDecision.Direct) Router.decide(table, request, Requests.info(), 0);
        assertThat(direct.action().body()).contains("no");
        assertThat(direct.location(request)).isEmpty();
        var response = new ResponseHead(503, new Headers());
        direct.finishResponse(response, request, Requests.info());
        assertThat(response.headers().get("x-why")).isEqualTo("stock");
        var created = RouteLab.table("{match:{prefix:'/'},direct_response:{status:201}}");
        assertThat(
                        ((RouteDecision.Direct) Router.decide(created, request, Requests.info(), 0))
                                .location(request))
                .isEqualTo("http://web.shop/x");
    }

    @ParameterizedTest
    @CsvSource({"0, a", "29, a", "30, b", "99, b", "100, a", "-1, a"})
    void weights_random_drawsByWeight(long random, String cluster) throws Exception {
        // -1 is 2^64-1, which leaves 15 of 100.
        var table =
                RouteLab.table(
                        "{match:{prefix:'/'},route:{weighted_clusters:{clusters:["
                                + "{name:a,weight:30},{name:none,weight:0},{name:b,weight:70}]}}}");
        var decision =
                (RouteDecision.Forward)
                        Router.decide(table, Requests.get("/"), Requests.info(), random);
        assertThat(decision.cluster()).isEqualTo(cluster);
    }

    @Test
    void weights_headerGiven_takesItsNumber() throws Exception {
        var table =
                RouteLab.table(
                        "{match:{prefix:'/'},route:{weighted_clusters:{header_name:X-N,clusters:["
                                + "{name:a,weight:30},{name:b,weight:70}]}}}");
        assertThat(forward(table, "/", "x-n: 35").cluster()).isEqualTo("b");
        assertThat(forward(table, "/", "x-n: 35, x-n: 36").cluster()).isEqualTo("a");
        assertThat(forward(table, "/", "x-n: no").cluster()).isEqualTo("a");
    }

    @Test
    void cluster_ofHeader_isWhatTheRequestSays() throws Exception {
        var table = RouteLab.table("{match:{prefix:'/'},route:{cluster_header:X-C}}");
        assertThat(forward(table, "/", "x-c: one").cluster()).isEqualTo("one");
        assertThat(forward(table, "/", "x-d: one").cluster()).isEmpty();
    }

    @Test
    void headers_ofAllLevels_runFromTheMostSpecific() throws Exception {
        var levels =
                "request_headers_to_add:[{header:{key:x-l,value:LEVEL},"
                        + "append_action:OVERWRITE_IF_EXISTS_OR_ADD},"
                        + "{header:{key:x-all,value:LEVEL}}]";
        var json =
                "{virtual_hosts:[{name:h,domains:['*'],routes:[{match:{prefix:'/'},"
                        + levels.replace("LEVEL", "route")
                        + ",route:{weighted_clusters:{clusters:[{name:c,weight:1,"
                        + "host_rewrite_literal:w.example,"
                        + levels.replace("LEVEL", "cluster")
                        + "}]}}}],"
                        + levels.replace("LEVEL", "host")
                        + "}],"
                        + levels.replace("LEVEL", "table")
                        + "MOST}";
        assertThat(finished(json.replace("MOST", ""))).isEqualTo("table cluster,route,host,table");
        assertThat(finished(json.replace("MOST", ",most_specific_header_mutations_wins:true")))
                .isEqualTo("route cluster,table,host,route");
    }

    private static String finished(String json) throws Exception {
        var request = Requests.get("/");
        var decision =
                (RouteDecision.Forward)
                        Router.decide(RouteLab.tableOf(json), request, Requests.info(), 0);
        decision.finishRequest(request, Requests.info(), true);
        assertThat(request.authority()).isEqualTo("w.example");
        return request.get("x-l") + " " + request.get("x-all");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "APPEND_IF_EXISTS_OR_ADD; x-a: 0; 0,1",
                "APPEND_IF_EXISTS_OR_ADD; ; 1",
                "ADD_IF_ABSENT; x-a: 0; 0",
                "ADD_IF_ABSENT; ; 1",
                "OVERWRITE_IF_EXISTS_OR_ADD; x-a: 0; 1",
                "OVERWRITE_IF_EXISTS; ; ",
                "OVERWRITE_IF_EXISTS; x-a: 0, x-a: 2; 1",
            })
    void headers_append_treatsWhatIsThere(String action, String headers, String value)
            throws Exception {
        var table =
                RouteLab.table(
                        "{match:{prefix:'/'},request_headers_to_add:[{header:{key:X-A,value:'1'},"
                                + "append_action:"
                                + action
                                + "}],route:{cluster:c}}");
        var request = Requests.with("GET", "/", headers == null ? "" : headers);
        ((RouteDecision.Forward) Router.decide(table, request, Requests.info(), 0))
                .finishRequest(request, Requests.info(), true);
        assertThat(request.get("x-a")).isEqualTo(value);
    }

    @Test
    void headers_removedAndAdded_areThereInTheEnd() throws Exception {
        var table =
                RouteLab.table(
                        "{match:{prefix:'/'},request_headers_to_remove:[X-A],request_headers_to_add:["
                                + "{header:{key:x-a,value:new}},{header:{key:x-e,value:''}},"
                                + "{header:{key:x-k,value:''},keep_empty_value:true},"
                                + "{header:{key:x-f,value:'%REQ(x)%'}}],route:{cluster:c}}");
        var request = Requests.get("/", "x-a", "old");
        ((RouteDecision.Forward) Router.decide(table, request, Requests.info(), 0))
                .finishRequest(request, Requests.info(), true);
        assertThat(request.headers().toString()).isEqualTo("x-a: new\nx-k: \nx-f: [%REQ(x)%]\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{match:{},route:{cluster:c}}; path_specifier",
                "{match:{safe_regex:{regex:'('}},route:{cluster:c}}; RE2",
                "{match:{prefix:'/'}}; action",
                "{match:{prefix:'/'},route:{}}; cluster_specifier",
                "{match:{prefix:'/'},route:{weighted_clusters:{clusters:[{name:c,weight:0}]}}};"
                        + " weights",
                "{match:{prefix:'/'},route:{cluster:c,metadata_match:{}}}; metadata_match",
                "{match:{connect_matcher:{}},route:{cluster:c,upgrade_configs:[{upgrade_type:CONNECT,connect_config:{}}]}};"
                        + " connect_config",
                "{match:{prefix:'/'},route:{cluster:c,internal_redirect_policy:{}}};"
                        + " internal_redirect",
                "{match:{prefix:'/'},route:{cluster:c},request_headers_to_remove:[host]}; host",
                "{match:{prefix:'/'},direct_response:{status:99}}; status",
                "{match:{prefix:'/'},direct_response:{status:200,body:{filename:x}}}; inline",
                "{match:{prefix:'/'},route:{cluster:c,'regex_rewrite':{pattern:{regex:a},"
                        + "substitution:'\\\\1'}}}; substitution",
                "{name:r,match:{prefix:'/'},route:{cluster:c,timeout:-1s}}; virtual_hosts[h]:"
                        + " routes[0 r]",
            })
    void compile_whatIsNotUnderstood_isRefused(String route, String reason) {
        assertThatThrownBy(() -> RouteLab.table(route))
                .isInstanceOf(Refused.class)
                .hasMessageContaining(reason);
    }

    @Test
    void mirrors_ofTheHost_areTakenWhereTheRouteHasNone() throws Exception {
        var table =
                RouteLab.tableOf(
                        "{virtual_hosts:[{name:h,domains:['*'],request_mirror_policies:[{cluster:m}],"
                                + "routes:[{match:{path:'/own'},route:{cluster:c,"
                                + "request_mirror_policies:[{cluster:n,disable_shadow_host_suffix_append:"
                                + "true,runtime_fraction:{default_value:{numerator:25}}}]}},"
                                + "{match:{prefix:'/'},route:{cluster:c}}]}]}");
        var inherited = forward(table, "/", "").action().mirrors().getFirst();
        var own = forward(table, "/own", "").action().mirrors().getFirst();
        var request = Requests.get("/");
        request.authority("web:80");
        assertThat(inherited.cluster(request)).isEqualTo("m");
        assertThat(inherited.copy(request, false).authority()).isEqualTo("web-shadow:80");
        assertThat(own.cluster(request)).isEqualTo("n");
        assertThat(own.copy(request, false).authority()).isEqualTo("web:80");
        assertThat(own.fraction().takes(24)).isTrue();
        assertThat(own.fraction().takes(25)).isFalse();
    }

    @Test
    void tls_required_sendsOthersAway() throws Exception {
        var table =
                RouteLab.tableOf(
                        "{virtual_hosts:[{name:h,domains:['*'],require_tls:ALL,routes:["
                                + "{match:{prefix:'/'},route:{cluster:c}}]}]}");
        var away = Router.decide(table, Requests.get("/a"), Requests.info(), 0);
        assertThat(away).isEqualTo(new RouteDecision.ToTls("https://web.shop/a"));
        var safe = Requests.get("/a", "x-forwarded-proto", "https");
        assertThat(Router.decide(table, safe, Requests.info(), 0).found()).isNotNull();
    }
}
