package dev.ambit.waypoint.xds.security;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// RBAC filters in the kinds that control planes send, and requests that may match them.
final class RandomPolicies {
    private static final List<String> PRINCIPALS =
            List.of(
                    "spiffe://td/ns/a/sa/x",
                    "spiffe://td/ns/b/sa/x",
                    "spiffe://other/ns/a/sa/y/more",
                    "spiffe://td/ns/a");
    private static final List<String> PATHS =
            List.of("/", "/a", "/a/b", "/A/b", "/a/b/c", "/a/x.js", "/a=b", "/a%2Fb", "/b/");
    private static final List<String> HOSTS = List.of("web.shop", "WEB.shop:80", "a.web.shop", "x");

    private final Random random;

    RandomPolicies(Random random) {
        this.random = random;
    }

    private <T> T of(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    String method() {
        return of(List.of("GET", "POST", "DELETE"));
    }

    String path() {
        return of(PATHS) + of(List.of("", "", "?q=/a", "?"));
    }

    List<String> fields() {
        var fields = new ArrayList<>(List.of("host", of(HOSTS)));
        if (random.nextInt(5) > 0) {
            fields.addAll(List.of("x-principal", of(PRINCIPALS)));
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            fields.addAll(List.of("x-user", of(List.of("a", "b", "A", ""))));
        }
        if (random.nextInt(3) == 0) {
            fields.addAll(List.of("x-forwarded-for", of(List.of("10.1.2.3", "127.0.0.1"))));
        }
        return fields;
    }

    String filter() {
        var filter = new StringBuilder("{");
        if (random.nextInt(6) > 0) {
            filter.append("'rules':").append(rules());
        }
        if (filter.length() == 1 || random.nextInt(3) == 0) {
            filter.append(filter.length() == 1 ? "" : ",")
                    .append("'shadow_rules':")
                    .append(rules());
            if (random.nextBoolean()) {
                filter.append(",'shadow_rules_stat_prefix':'dry_run_'");
            }
        }
        return filter.append("}").toString();
    }

    private String rules() {
        var policies = new ArrayList<String>();
        for (int i = random.nextInt(9); i > 0; i--) {
            policies.add(
                    "'ns[a b]-policy[p"
                            + i
                            + "]':{'permissions':["
                            + some(true)
                            + "],'principals':["
                            + some(false)
                            + "]}");
        }
        return "{'action':'"
                + of(List.of("ALLOW", "DENY", "LOG"))
                + "','policies':{"
                + String.join(",", policies)
                + "}}";
    }

    private String some(boolean permission) {
        var some = new ArrayList<String>();
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            some.add(condition(permission, 2));
        }
        return String.join(",", some);
    }

    private String condition(boolean permission, int depth) {
        if (depth > 0 && random.nextInt(3) > 0) {
            var a = condition(permission, depth - 1);
            var b = condition(permission, depth - 1);
            return switch (random.nextInt(3)) {
                case 0 -> permission ? "{'not_rule':" + a + "}" : "{'not_id':" + a + "}";
                case 1 ->
                        permission
                                ? "{'and_rules':{'rules':[" + a + "," + b + "]}}"
                                : "{'and_ids':{'ids':[" + a + "," + b + "]}}";
                default ->
                        permission
                                ? "{'or_rules':{'rules':[" + a + "," + b + "]}}"
                                : "{'or_ids':{'ids':[" + a + "," + b + "]}}";
            };
        }
        return permission ? permission() : principal();
    }

    private String permission() {
        return switch (random.nextInt(8)) {
            case 0, 1 -> header();
            case 2, 3 -> "{'url_path':{'path':" + text(PATHS) + "}}";
            case 4 ->
                    "{'uri_template':{'name':'t','typed_config':{'@type':'type.googleapis.com/"
                            + "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig',"
                            + "'path_template':'"
                            + of(List.of("/a/*", "/**", "/*", "/a/**.js", "/{x}/b", "/*/"))
                            + "'}}}";
            case 5 -> "{'any':true}";
            case 6 ->
                    of(
                            List.of(
                                    "{'destination_port':80}",
                                    "{'destination_port_range':{'start':1024,'end':65536}}",
                                    "{'destination_ip':{'address_prefix':'127.0.0.0','prefix_len':8}}"));
            default ->
                    "{'metadata':{'filter':'envoy.filters.http.jwt_authn','path':[{'key':'payload'}],"
                            + "'value':{'string_match':{'exact':'x'}},'invert':"
                            + random.nextBoolean()
                            + "}}";
        };
    }

    private String principal() {
        return switch (random.nextInt(6)) {
            case 0 -> header();
            case 1, 2 ->
                    "{'filter_state':{'key':'io.istio.peer_principal','string_match':"
                            + text(PRINCIPALS)
                            + "}}";
            case 3 ->
                    "{'filter_state':{'key':'io.istio.peer_principal','string_match':{'safe_regex':{'regex':'"
                            + of(
                                    List.of(
                                            ".*/ns/a/.*",
                                            "spiffe://.+/ns/a/(.+/|)sa/x(/.+)?",
                                            "spiffe://.+/ns/a/(.+/|)sa/y(/.+)?",
                                            ".+"))
                            + "'}}}}";
            case 4 -> "{'any':true}";
            default ->
                    of(
                            List.of(
                                    "{'remote_ip':{'address_prefix':'10.0.0.0','prefix_len':8}}",
                                    "{'direct_remote_ip':{'address_prefix':'127.0.0.1','prefix_len':32}}",
                                    "{'url_path':{'path':{'prefix':'/a'}}}"));
        };
    }

    private String header() {
        var name = of(List.of(":method", ":authority", ":path", "x-user", "X-User", "none"));
        var rest =
                switch (random.nextInt(4)) {
                    case 0 -> "'present_match':" + random.nextBoolean();
                    case 1 -> "'range_match':{'start':1,'end':9}";
                    default ->
                            "'string_match':"
                                    + text(List.of("GET", "P", "web.shop", "a", "a,b", "/a"));
                };
        return "{'header':{'name':'"
                + name
                + "',"
                + rest
                + (random.nextInt(3) == 0 ? ",'invert_match':true" : "")
                + (random.nextInt(4) == 0 ? ",'treat_missing_header_as_empty':true" : "")
                + "}}";
    }

    private String text(List<String> values) {
        var value = of(values);
        var part =
                value.length() < 3 ? value : value.substring(0, 1 + random.nextInt(value.length()));
        var fold = random.nextInt(3) == 0 ? ",'ignore_case':true" : "";
        return switch (random.nextInt(5)) {
            case 0 -> "{'prefix':'" + part + "'" + fold + "}";
            case 1 -> "{'suffix':'" + value.substring(value.length() / 2) + "'" + fold + "}";
            case 2 -> "{'contains':'" + part + "'" + fold + "}";
            case 3 -> "{'safe_regex':{'regex':'" + part.replace(".", "\\\\.") + ".*'}}";
            default -> "{'exact':'" + value + "'" + fold + "}";
        };
    }
}
