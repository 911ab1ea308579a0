package dev.ambit.waypoint.xds.security;

import dev.ambit.waypoint.security.TestTokens;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Tokens of every kind in every place, for chains in istiod's shape and in others.
final class TokenTable {
    private static final String[] ALGORITHMS = {
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "HS256",
        "HS384", "HS512", "EdDSA"
    };
    private static final String GOOD =
            "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"https://shop/\",\"exp\":9999999999,\"n\":7,\"realm\":{\"role\":true},\"list\":[1,\"a\",{\"b\":2}],\"scope\":\"a"
                    + "  b\"}";

    private TokenTable() {}

    private static String keys(String... algorithms) {
        return "'local_jwks':{'inline_string':\""
                + TestTokens.jwks(algorithms).replace("\"", "\\\"")
                + "\"}";
    }

    static Map<String, String> chains() {
        var all = keys(ALGORITHMS);
        var tells =
                ",'claim_to_headers':[{'header_name':'x-sub','claim_name':'sub'},"
                        + "{'header_name':'x-role','claim_name':'realm.role'},"
                        + "{'header_name':'x-n','claim_name':'n'},"
                        + "{'header_name':'x-list','claim_name':'list'}],"
                        + "'forward_payload_header':'x-payload','payload_in_metadata':'payload',"
                        + "'normalize_payload_in_metadata':{'space_delimited_claims':['scope']}";
        var chains = new LinkedHashMap<String, String>();
        chains.put("tells", one("'issuer':'i'," + all + tells, "{'provider_name':'p'}"));
        chains.put(
                "forwards",
                one(
                        "'issuer':'i','forward':true,'pad_forward_payload_header':true,"
                                + all
                                + tells,
                        "{'provider_name':'p'}"));
        chains.put(
                "audience",
                one(
                        "'issuer':'i','audiences':['http://shop','x']," + all,
                        "{'provider_name':'p'}"));
        chains.put(
                "subject",
                one(
                        "'subjects':{'exact':'s'},'require_expiration':true," + all,
                        "{'provider_name':'p'}"));
        chains.put(
                "all-at-once",
                one(
                        "'issuer':'i','audiences':['none'],'subjects':{'exact':'t'},"
                                + "'max_lifetime':'60s',"
                                + all,
                        "{'provider_name':'p'}"));
        chains.put(
                "audience-and-subject",
                one(
                        "'issuer':'i','audiences':['none'],'subjects':{'exact':'t'}," + all,
                        "{'provider_name':'p'}"));
        chains.put(
                "lifetime",
                one("'issuer':'i','max_lifetime':'60s'," + all, "{'provider_name':'p'}"));
        chains.put(
                "optional",
                one(
                        "'issuer':'i'," + all + tells,
                        "{'requires_any':{'requirements':[{'provider_name':'p'},{'allow_missing':{}}]}}"));
        chains.put(
                "lax",
                one(
                        "'issuer':'i'," + all + tells,
                        "{'requires_any':{'requirements':[{'provider_name':'p'},{'allow_missing_or_failed':{}}]}}"));
        chains.put(
                "places",
                one(
                        "'issuer':'i','from_headers':[{'name':'X-Jwt','value_prefix':'Token"
                                + " '},{'name':'x-raw'}],"
                                + "'from_params':['tok'],'from_cookies':['session'],"
                                + all,
                        "{'provider_name':'p'}"));
        chains.put(
                "terse",
                one("'issuer':'i'," + all, "{'provider_name':'p'}")
                        .replaceFirst("^\\{", "{'strip_failure_response':true,"));
        chains.put(
                "istio",
                "{'bypass_cors_preflight':true,'providers':{'p':{'issuer':'i',"
                        + all
                        + "},'q':{'issuer':'j','from_headers':[{'name':'x-raw'}],"
                        + all
                        + "}},'rules':[{'match':{'prefix':'/'},'requires':{'requires_any':{'requirements':["
                        + "{'provider_name':'p'},{'provider_name':'q'},{'requires_all':{'requirements':["
                        + "{'requires_any':{'requirements':[{'provider_name':'p'},{'allow_missing':{}}]}},"
                        + "{'requires_any':{'requirements':[{'provider_name':'q'},{'allow_missing':{}}]}}"
                        + "]}}]}}}]}");
        return chains;
    }

    private static String one(String provider, String requires) {
        return "{'providers':{'p':{"
                + provider
                + "}},'rules':[{'match':{'prefix':'/'},'requires':"
                + requires
                + "}]}";
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    static List<String> tokens() {
        var tokens = new ArrayList<String>();
        for (var algorithm : ALGORITHMS) {
            tokens.add(TestTokens.token(algorithm, GOOD));
        }
        for (var payload :
                List.of(
                        "{}",
                        "{'iss':'i'}",
                        "{'iss':'j','exp':9999999999}",
                        "{'iss':'x','exp':9999999999}",
                        "{'iss':'i','exp':1}",
                        "{'iss':'i','nbf':9999999999}",
                        "{'iss':'i','aud':[]}",
                        "{'iss':'i','aud':['a','x']}",
                        "{'iss':'i','aud':1}",
                        "{'iss':1}",
                        "{'iss':'i','sub':[]}",
                        "{'iss':'i','exp':'1'}",
                        "{'iss':'i','exp':-1}",
                        "{'iss':'i','iat':1e30}",
                        "{'iss':'i','jti':{}}",
                        "{'iss':'i','n':1.5,'sub':'t'}",
                        "{'iss':'i','n':-1}",
                        "{'iss':'i','n':1e17}",
                        "{'iss':'i','list':{'b':1}}",
                        "{'iss':'i','iss':'i'}",
                        "[]",
                        "{'iss':'i'} ")) {
            tokens.add(TestTokens.token("HS256", payload.replace('\'', '"')));
        }
        var good = TestTokens.token("RS256", GOOD);
        tokens.add(good + "=");
        tokens.add(good.substring(0, good.length() - 4));
        tokens.add(good + ".x");
        tokens.add("." + good);
        tokens.add(good.replace(".", ".."));
        tokens.add(good.substring(0, good.lastIndexOf('.') + 1));
        tokens.add(good + " ");
        tokens.add(good + ", x");
        tokens.add("a.b.c");
        tokens.add("!!!.e30.e30");
        tokens.add(base64("{}") + ".e30.AA");
        tokens.add(base64("{\"alg\":1}") + ".e30.AA");
        tokens.add(base64("{\"alg\":\"none\"}") + ".e30.");
        tokens.add(base64("{\"alg\":\"none\"}") + ".e30.AA");
        tokens.add(base64("{\"alg\":\"HS256\",\"kid\":1}") + ".e30.AA");
        tokens.add(base64("{\"alg\":\"HS256\"}") + ".!!.AA");
        tokens.add(base64("{\"alg\":\"EdDSA\"}") + "." + base64("{\"iss\":\"i\"}") + ".AA");
        tokens.add(base64("{\"alg\":\"HS256\"}") + "." + base64("{\"iss\":\"i\"}") + ".!!");
        tokens.add(TestTokens.signed("HS256", "{\"alg\":\"HS256\",\"kid\":\"x\"}", GOOD));
        tokens.add(TestTokens.signed("HS256", "{\"alg\":\"HS256\"}", GOOD));
        tokens.add(TestTokens.signed("HS256", "{\"alg\":\"RS256\"}", GOOD));
        return tokens;
    }

    /// Header fields, alternating names and values.
    static List<List<String>> fields() {
        var good = TestTokens.token("ES256", GOOD);
        var all = new ArrayList<List<String>>();
        all.add(List.of("host", "h"));
        all.add(List.of("host", "h", "x-sub", "forged", "x-payload", "forged"));
        for (var token : tokens()) {
            all.add(List.of("host", "h", "authorization", "Bearer " + token));
        }
        all.add(List.of("host", "h", "authorization", "bearer " + good));
        all.add(List.of("host", "h", "authorization", "Basic x, Bearer " + good));
        all.add(List.of("host", "h", "authorization", "Bearer  " + good));
        all.add(List.of("host", "h", "authorization", "Bearer "));
        all.add(
                List.of(
                        "host",
                        "h",
                        "authorization",
                        "Bearer " + good,
                        "authorization",
                        "Bearer a.b"));
        all.add(List.of("host", "h", "x-jwt", "Token " + good));
        all.add(List.of("host", "h", "x-raw", good));
        all.add(List.of("host", "h", "x-raw", ""));
        all.add(List.of("host", "h", "x-raw", "a.b"));
        all.add(List.of("host", "h", "x-raw", "a.b", "authorization", "Bearer " + good));
        all.add(List.of("host", "h", "cookie", "a=b; session=" + good));
        all.add(List.of("host", "h", "cookie", "session=\"" + good + "\""));
        return all;
    }

    static List<String> paths() {
        var good = TestTokens.token("ES256", GOOD);
        return List.of(
                "/p?access_token=" + good,
                "/p?access_token=" + good + "&z=1",
                "/p?access_token=",
                "/p?access_token=a.b.c",
                "/p?access_token=" + good.replace(".", "%2E"),
                "/p?tok=" + good,
                "/p?x=" + "y".repeat(300));
    }
}
