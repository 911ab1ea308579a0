package dev.ambit.waypoint.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import dev.ambit.waypoint.upstream.XxHash64;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class HashingTest {
    private static final HashPolicy.Source.Header USER =
            new HashPolicy.Source.Header("x-user", Optional.empty());

    private static HashPolicy policy(HashPolicy.Source source) {
        return new HashPolicy(source, false);
    }

    private static OptionalLong hash(List<HashPolicy> policies, String path, String... fields) {
        return Hashing.hash(policies, Requests.get(path, fields), Requests.info(), null);
    }

    @Test
    void hash_eachSource_hashesItsText() {
        assertThat(hash(List.of(policy(USER)), "/", "x-user", "a")).hasValue(XxHash64.hash("a"));
        assertThat(hash(List.of(policy(USER)), "/")).isEmpty();
        assertThat(hash(List.of(policy(new HashPolicy.Source.SourceIp())), "/"))
                .hasValue(XxHash64.hash("10.0.0.7"));
        assertThat(hash(List.of(policy(new HashPolicy.Source.QueryParameter("u"))), "/?u=a"))
                .hasValue(XxHash64.hash("a"));
        var info = Requests.info();
        info.filterState("k", "v");
        assertThat(
                        Hashing.hash(
                                List.of(policy(new HashPolicy.Source.FilterState("k"))),
                                Requests.get("/"),
                                info,
                                null))
                .hasValue(XxHash64.hash("v"));
    }

    @Test
    void hash_repeatedHeader_orderDoesNotMatter() {
        var policies = List.of(policy(USER));
        assertThat(hash(policies, "/", "x-user", "b", "x-user", "a"))
                .isEqualTo(hash(policies, "/", "x-user", "a", "x-user", "b"))
                .hasValue(XxHash64.hash("b", XxHash64.hash("a")));
    }

    @Test
    void hash_headerRewritten_hashesWhatBecomesOfIt() {
        var rewrite = RegexRewrite.of(Pattern.compile("^(.)-.*"), "\\1");
        var source = new HashPolicy.Source.Header("x-user", Optional.of(rewrite));
        assertThat(hash(List.of(policy(source)), "/", "x-user", "a-1"))
                .hasValue(XxHash64.hash("a"));
    }

    @Test
    void hash_severalPolicies_areMixedUntilATerminalOne() {
        var ip = new HashPolicy.Source.SourceIp();
        long user = XxHash64.hash("a");
        long address = XxHash64.hash("10.0.0.7");
        assertThat(hash(List.of(policy(USER), policy(ip)), "/", "x-user", "a"))
                .hasValue(Long.rotateLeft(user, 1) ^ address);
        var terminal = List.of(new HashPolicy(USER, true), policy(ip));
        assertThat(hash(terminal, "/", "x-user", "a")).hasValue(user);
        assertThat(hash(terminal, "/")).hasValue(address);
    }

    @Test
    void hash_cookieMissing_isMadeForTheConnection() {
        var source =
                new HashPolicy.Source.Cookie(
                        "sid",
                        "/p",
                        OptionalLong.of(30),
                        List.of(new HashPolicy.Attribute("SameSite", "Lax")));
        var made = new ArrayList<String>();
        var first =
                Hashing.hash(
                        List.of(policy(source)), Requests.get("/"), Requests.info(), made::add);
        assertThat(made).hasSize(1);
        assertThat(made.getFirst())
                .matches("sid=\"[0-9a-f]{16}\"; Max-Age=30; Path=/p; SameSite=Lax; HttpOnly");
        var value = made.getFirst().substring(5, 21);
        assertThat(hash(List.of(policy(source)), "/", "cookie", "a=b; sid=" + value))
                .isEqualTo(first);
        assertThat(hash(List.of(policy(source)), "/")).isEmpty();
    }

    @Test
    void hash_cookieWithoutTtl_isNotMade() {
        var source = new HashPolicy.Source.Cookie("sid", "", OptionalLong.empty(), List.of());
        var made = new ArrayList<String>();
        assertThat(
                        Hashing.hash(
                                List.of(policy(source)),
                                Requests.get("/"),
                                Requests.info(),
                                made::add))
                .isEmpty();
        assertThat(made).isEmpty();
    }
}
