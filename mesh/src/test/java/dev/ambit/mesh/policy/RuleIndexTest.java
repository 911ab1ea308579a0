package dev.ambit.mesh.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.policy.Policy.Action;
import dev.ambit.mesh.policy.Policy.Clause;
import dev.ambit.mesh.policy.Policy.Match;
import dev.ambit.mesh.policy.Policy.Rule;
import dev.ambit.mesh.policy.Policy.ServiceAccount;
import dev.ambit.mesh.policy.Policy.StringMatch;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;

class RuleIndexTest {
    /// The index answers as asking every rule in turn does, by an evaluator that shares no code.
    @Property(tries = 3_000)
    @Tag("fuzz")
    void index_answersAsEveryRuleInTurn(@ForAll long seed) {
        var random = new Random(seed);
        var policies = many(random, 1 + random.nextInt(12), () -> policy(random));
        var index = new RuleIndex(policies.stream().map(CompiledPolicy::of).toList());
        for (int i = 0; i < 10; i++) {
            var facts = facts(random);
            var principal = facts.peer().map(SpiffeId::principal).orElse("");
            var expected = new ArrayList<String>();
            for (var policy : policies) {
                for (int r = 0; r < policy.rules().size(); r++) {
                    if (ruleHolds(policy.rules().get(r), facts, principal)) {
                        expected.add(policy.key() + " " + r);
                        break;
                    }
                }
            }

            assertThat(index.matches(facts, principal))
                    .extracting(found -> found.policy() + " " + found.rule())
                    .isEqualTo(expected);
            assertThat(index.firstMatch(facts, principal).map(m -> m.policy() + " " + m.rule()))
                    .isEqualTo(expected.stream().findFirst());
            if (expected.isEmpty()) {
                assertThat(index.nearest(facts, principal).isPresent())
                        .isEqualTo(policies.stream().anyMatch(p -> !p.rules().isEmpty()));
            }
        }
    }

    /// Rules that share no value with a connection are not even looked at.
    @Test
    void rulesOfOthers_areNotLookedAt() {
        var rules = new ArrayList<Rule>();
        for (int i = 0; i < 1_000; i++) {
            rules.add(asking(new M().principals(new StringMatch.Exact("td/ns/shop/sa/" + i))));
            rules.add(asking(new M().namespaces(new StringMatch.Prefix("n" + i + "-"))));
            rules.add(asking(new M().sources(new Cidr(ip(10, 1, i >> 8, i & 0xff), 32))));
            rules.add(asking(new M().ports(20_000 + i)));
            // The principal is everybody's; what tells these apart is the port.
            rules.add(
                    asking(
                            new M()
                                    .principals(new StringMatch.Exact("td/ns/a/sa/a"))
                                    .ports(30_000 + i)));
        }
        var slots = new RuleSlots(rules);
        var facts =
                new ConnectionFacts(
                        Optional.of(new SpiffeId("td", "a", "a")),
                        ip(10, 9, 9, 9),
                        ip(10, 0, 0, 2),
                        80);
        var looked = new AtomicInteger();
        for (var rule : rules) {
            for (var slot : slots.of(rule).orElseThrow()) {
                looked.addAndGet(isOf(slot, facts) ? 1 : 0);
            }
        }

        assertThat(looked).hasValue(0);
    }

    private static boolean isOf(RuleSlots.Slot slot, ConnectionFacts facts) {
        return switch (slot) {
            case RuleSlots.Slot.Principal(var m) -> test(m, facts.peer().orElseThrow().principal());
            case RuleSlots.Slot.Namespace(var m) -> test(m, facts.peer().orElseThrow().namespace());
            case RuleSlots.Slot.Account _ -> true;
            case RuleSlots.Slot.Source(var range) -> range.contains(facts.source());
            case RuleSlots.Slot.Destination(var range) -> range.contains(facts.destination());
            case RuleSlots.Slot.Port(var port) -> port == facts.port();
            case RuleSlots.Slot.Nobody() -> facts.peer().isEmpty();
        };
    }

    private static Rule asking(M match) {
        return new Rule(List.of(new Clause(List.of(match.build()))));
    }

    // ---- the plain evaluator

    private static boolean ruleHolds(Rule rule, ConnectionFacts facts, String principal) {
        return rule.clauses().stream()
                .allMatch(c ->
                        c.matches().isEmpty()
                                || c.matches().stream()
                                        .anyMatch(
                                                m -> !m.isEmpty() && matches(m, facts, principal)));
    }

    private static boolean matches(Match m, ConnectionFacts facts, String principal) {
        var peer = facts.peer();
        var namespace = peer.map(SpiffeId::namespace).orElse("");
        Predicate<ServiceAccount> account =
                a ->
                        peer.isPresent()
                                && a.namespace().equals(namespace)
                                && a.name().equals(peer.get().serviceAccount());
        Predicate<StringMatch> ofPrincipal = s -> peer.isPresent() && test(s, principal);
        return field(m.namespaces(), m.notNamespaces(), s -> test(s, namespace))
                && field(m.principals(), m.notPrincipals(), ofPrincipal)
                && field(m.serviceAccounts(), m.notServiceAccounts(), account)
                && field(m.sourceIps(), m.notSourceIps(), c -> c.contains(facts.source()))
                && field(
                        m.destinationIps(),
                        m.notDestinationIps(),
                        c -> c.contains(facts.destination()))
                && field(m.destinationPorts(), m.notDestinationPorts(), p -> p == facts.port());
    }

    private static <T> boolean field(List<T> any, List<T> none, Predicate<T> holds) {
        return (any.isEmpty() || any.stream().anyMatch(holds)) && none.stream().noneMatch(holds);
    }

    private static boolean test(StringMatch match, String text) {
        return switch (match) {
            case StringMatch.Exact(var value) -> text.equals(value);
            case StringMatch.Prefix(var value) -> text.startsWith(value);
            case StringMatch.Suffix(var value) -> text.endsWith(value);
            case StringMatch.Presence() -> !text.isEmpty();
        };
    }

    // ---- random policies and facts, of few values so that they meet

    private static <T> List<T> many(Random random, int count, Supplier<T> one) {
        var all = new ArrayList<T>();
        for (int i = 0; i < count; i++) {
            all.add(one.get());
        }
        return all;
    }

    private static <T> List<T> some(Random random, Supplier<T> one) {
        return random.nextInt(4) > 0 ? List.of() : many(random, 1 + random.nextInt(2), one);
    }

    private static Policy policy(Random random) {
        Supplier<Match> match =
                () ->
                        new Match(
                                some(random, () -> string(random, RuleIndexTest::name)),
                                some(random, () -> string(random, RuleIndexTest::name)),
                                some(random, () -> string(random, RuleIndexTest::principal)),
                                some(random, () -> string(random, RuleIndexTest::principal)),
                                some(random, () -> range(random)),
                                some(random, () -> range(random)),
                                some(random, () -> range(random)),
                                some(random, () -> range(random)),
                                some(random, () -> 80 + random.nextInt(3)),
                                some(random, () -> 80 + random.nextInt(3)),
                                some(random, () -> new ServiceAccount(name(random), name(random))),
                                some(random, () -> new ServiceAccount(name(random), name(random))));
        Supplier<Clause> clause = () -> new Clause(many(random, random.nextInt(3), match));
        Supplier<Rule> rule = () -> new Rule(many(random, random.nextInt(3), clause));
        return new Policy(
                "ns",
                Long.toString(random.nextLong()),
                Policy.Scope.GLOBAL,
                Action.ALLOW,
                many(random, random.nextInt(4), rule),
                false);
    }

    private static String name(Random random) {
        return List.of("a", "ab", "b", "abc").get(random.nextInt(4));
    }

    private static String principal(Random random) {
        return "td/ns/" + name(random) + "/sa/" + name(random);
    }

    private static StringMatch string(Random random, Function<Random, String> text) {
        var value = text.apply(random);
        int cut = random.nextInt(value.length() + 1);
        return switch (random.nextInt(8)) {
            case 0 -> new StringMatch.Presence();
            case 1, 2 -> new StringMatch.Prefix(value.substring(0, cut));
            case 3, 4 -> new StringMatch.Suffix(value.substring(cut));
            default -> new StringMatch.Exact(value);
        };
    }

    private static Cidr range(Random random) {
        var address = address(random);
        return new Cidr(address, random.nextInt(address.getAddress().length * 8 + 1));
    }

    private static InetAddress address(Random random) {
        return random.nextInt(4) == 0
                ? ip(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, random.nextInt(2))
                : ip(10, 0, 0, random.nextInt(3));
    }

    private static ConnectionFacts facts(Random random) {
        Optional<SpiffeId> peer =
                random.nextInt(4) == 0
                        ? Optional.empty()
                        : Optional.of(new SpiffeId("td", name(random), name(random)));
        return new ConnectionFacts(peer, address(random), address(random), 80 + random.nextInt(3));
    }

    private static InetAddress ip(int... bytes) {
        var raw = new byte[bytes.length];
        for (int i = 0; i < raw.length; i++) {
            raw[i] = (byte) bytes[i];
        }
        try {
            return InetAddress.getByAddress(raw);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static final class M {
        private List<StringMatch> namespaces = List.of();
        private List<StringMatch> principals = List.of();
        private List<Cidr> sources = List.of();
        private List<Integer> ports = List.of();

        M namespaces(StringMatch value) {
            namespaces = List.of(value);
            return this;
        }

        M principals(StringMatch value) {
            principals = List.of(value);
            return this;
        }

        M sources(Cidr value) {
            sources = List.of(value);
            return this;
        }

        M ports(int value) {
            ports = List.of(value);
            return this;
        }

        Match build() {
            return new Match(
                    namespaces,
                    List.of(),
                    principals,
                    List.of(),
                    sources,
                    List.of(),
                    List.of(),
                    List.of(),
                    ports,
                    List.of(),
                    List.of(),
                    List.of());
        }
    }
}
