package dev.ambit.waypoint.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.model.Cidr;
import dev.ambit.waypoint.match.HeaderMatch;
import dev.ambit.waypoint.match.Regexes;
import dev.ambit.waypoint.match.TextMatch;
import java.net.InetAddress;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PolicyIndexTest {
    /// The evaluator that the index must agree with.
    private static @Nullable AccessPolicy inTurn(List<AccessPolicy> policies, Facts facts) {
        for (var policy : policies) {
            if (policy.holds(facts)) {
                return policy;
            }
        }
        return null;
    }

    @Property(tries = 3_000)
    void firstMatch_anyPolicies_sameAsAskingEach(
            @ForAll("policies") List<AccessPolicy> policies,
            @ForAll("requests") TestExchange request) {
        var facts = request.facts();
        assertThat(new PolicyIndex(policies).firstMatch(facts)).isSameAs(inTurn(policies, facts));
    }

    @Test
    void firstMatch_thousandPoliciesOfOthers_asksOnlyThoseThatShareAValue() {
        var asked = new int[1];
        var policies = new ArrayList<AccessPolicy>();
        for (int i = 0; i < 1_000; i++) {
            policies.add(
                    new AccessPolicy(
                            "p" + i,
                            List.of(counting(asked)),
                            List.of(principal(Regexes.compile(".*/ns/team-" + i + "/.*")))));
        }
        var facts = new TestExchange().principal("spiffe://cluster.local/ns/team-7/sa/x").facts();
        assertThat(new PolicyIndex(policies).firstMatch(facts)).isSameAs(policies.get(7));
        assertThat(asked[0]).isEqualTo(1);
    }

    /// Holds for every path, and counts how often it is asked.
    private static Condition counting(int[] asked) {
        return new Condition.Path(
                new TextMatch.OneOf(
                        new AbstractSet<>() {
                            @Override
                            public boolean contains(Object o) {
                                asked[0]++;
                                return true;
                            }

                            @Override
                            public Iterator<String> iterator() {
                                // Asked for by all, so that the principal selects better.
                                return List.of("/").iterator();
                            }

                            @Override
                            public int size() {
                                return 1;
                            }
                        }));
    }

    private static Condition principal(TextMatch match) {
        return new Condition.FilterState(FilterStateView.PEER_PRINCIPAL, match);
    }

    private static Arbitrary<TextMatch> texts(String... values) {
        return Combinators.combine(Arbitraries.of(values), Arbitraries.integers().between(0, 9))
                .as((value, kind) ->
                        switch (kind) {
                            case 0, 1, 2 -> new TextMatch.Exact(value);
                            case 3 -> new TextMatch.Prefix(value);
                            case 4 -> new TextMatch.Suffix(value);
                            case 5 -> new TextMatch.Contains(value);
                            case 6 -> folded(TextMatch.Folded.Kind.EXACT, value);
                            case 7 -> folded(TextMatch.Folded.Kind.PREFIX, value);
                            case 8 -> folded(TextMatch.Folded.Kind.SUFFIX, value);
                            default -> Regexes.compile(value + ".*");
                        });
    }

    private static TextMatch folded(TextMatch.Folded.Kind kind, String value) {
        return new TextMatch.Folded(kind, value);
    }

    private static Arbitrary<TextMatch> principals() {
        return Arbitraries.oneOf(
                texts("spiffe://td/ns/a/sa/x", "spiffe://td/ns/b/sa/x", "spiffe://td", "sa/x", ""),
                Arbitraries.of(
                                ".*/ns/a/.*",
                                ".*/ns/b/.*",
                                "spiffe://.+/ns/a/(.+/|)sa/x(/.+)?",
                                "spiffe://.+/ns/b/(.+/|)sa/y(/.+)?",
                                "spiffe://td/.+",
                                ".+")
                        .map(Regexes::compile));
    }

    private static Arbitrary<Condition> fields() {
        return Combinators.combine(
                        Arbitraries.of(":method", ":authority", "x"),
                        texts("GET", "post", "web.shop", "1"),
                        Arbitraries.of(true, false, false),
                        Arbitraries.of(true, false, false))
                .as((name, text, invert, empty) ->
                        new Condition.Header(
                                new HeaderMatch(
                                        name, new HeaderMatch.Test.Text(text), invert, empty)));
    }

    private static Arbitrary<Condition> leaves() {
        return Arbitraries.oneOf(
                principals().map(PolicyIndexTest::principal),
                principals().map(match -> new Condition.Authenticated(Optional.of(match))),
                texts("/a", "/a/b", "/B", "/", "").map(Condition.Path::new),
                Arbitraries.of("/a/*", "/**", "/{x}/b", "/a/**.js")
                        .map(UriTemplate::of)
                        .map(Condition.Template::new),
                fields(),
                texts("web.shop", "").map(Condition.ServerName::new),
                Arbitraries.of(
                        new Condition.Port(80, 81),
                        new Condition.Port(443, 444),
                        new Condition.Port(1, 100),
                        new Condition.Always(),
                        new Condition.In(
                                Condition.Address.DIRECT,
                                new Cidr(InetAddress.ofLiteral("10.0.0.0"), 8))));
    }

    private static Arbitrary<Condition> conditions(int depth) {
        if (depth == 0) {
            return leaves();
        }
        var inner = conditions(depth - 1);
        return Arbitraries.oneOf(
                leaves(),
                inner.map(Condition.Not::new),
                inner.list().ofMaxSize(3).map(Condition.All::new),
                inner.list().ofMaxSize(3).map(Condition.OneOf::new));
    }

    @Provide
    Arbitrary<List<AccessPolicy>> policies() {
        var parts = conditions(2).list().ofMinSize(1).ofMaxSize(2);
        return Combinators.combine(parts, parts)
                .as((permissions, principals) -> new AccessPolicy("p", permissions, principals))
                .list()
                .ofMaxSize(12);
    }

    @Provide
    Arbitrary<TestExchange> requests() {
        return Combinators.combine(
                        Arbitraries.of(
                                "",
                                "spiffe://td/ns/a/sa/x",
                                "spiffe://td/ns/b/sa/x",
                                "spiffe://td/ns/b/more/sa/y/deeper",
                                "spiffe://td/ns/ns/a/sa/sa/x"),
                        Arbitraries.of("/", "/a", "/a/b", "/A/b?q", "/b", "/a/x.js#f"),
                        Arbitraries.of("GET", "POST"),
                        Arbitraries.of("web.shop", "WEB.shop", ""),
                        Arbitraries.of("", "1", "get"),
                        Arbitraries.of(80, 443))
                .as((principal, path, method, authority, x, port) -> {
                    var exchange =
                            new TestExchange()
                                    .principal(principal)
                                    .path(path)
                                    .method(method)
                                    .authority(authority)
                                    .serverName(authority)
                                    .destination("10.96.0.10", port);
                    return x.isEmpty() ? exchange : exchange.header("x", "no").header("x", x);
                });
    }
}
