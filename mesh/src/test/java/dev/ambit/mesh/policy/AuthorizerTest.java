package dev.ambit.mesh.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.policy.Policy.Action;
import dev.ambit.mesh.policy.Policy.Clause;
import dev.ambit.mesh.policy.Policy.Match;
import dev.ambit.mesh.policy.Policy.Rule;
import dev.ambit.mesh.policy.Policy.Scope;
import dev.ambit.mesh.policy.Policy.ServiceAccount;
import dev.ambit.mesh.policy.Policy.StringMatch;
import dev.ambit.mesh.policy.Policy.StringMatch.Exact;
import dev.ambit.mesh.policy.Policy.StringMatch.Prefix;
import dev.ambit.mesh.policy.Policy.StringMatch.Presence;
import dev.ambit.mesh.policy.Policy.StringMatch.Suffix;
import dev.ambit.mesh.policy.Verdict.Allowed;
import dev.ambit.mesh.policy.Verdict.Denial.ByDenyPolicy;
import dev.ambit.mesh.policy.Verdict.Denial.ByMissingPolicy;
import dev.ambit.mesh.policy.Verdict.Denial.ByNoAllowPolicy;
import dev.ambit.mesh.policy.Verdict.Denial.ByRefusedPolicy;
import dev.ambit.mesh.policy.Verdict.Denied;
import dev.ambit.mesh.policy.Verdict.MatchedRule;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AuthorizerTest {
    private static final ConnectionFacts WEB = facts(Optional.of("web"));
    private static final ConnectionFacts NOBODY = facts(Optional.empty());

    private static ConnectionFacts facts(Optional<String> account) {
        return new ConnectionFacts(
                account.map(name -> new SpiffeId("cluster.local", "shop", name)),
                ip("10.0.0.1"),
                ip("10.0.0.2"),
                8080);
    }

    private static InetAddress ip(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException bad) {
            throw new AssertionError(bad);
        }
    }

    private static Policy policy(String name, Action action, List<Rule> rules) {
        return new Policy("shop", name, Scope.NAMESPACE, action, rules, false);
    }

    private static Policy matching(Action action, Match match) {
        return policy("p", action, List.of(new Rule(List.of(new Clause(List.of(match))))));
    }

    private static Verdict judge(ConnectionFacts facts, Policy... policies) {
        return Authorizer.authorize(PolicySet.of(List.of(policies), List.of()), facts);
    }

    private static boolean matches(Match match, ConnectionFacts facts) {
        return judge(facts, matching(Action.DENY, match)) instanceof Denied;
    }

    /// A match with nothing set, and one field replaced.
    private static final class M {
        List<StringMatch> namespaces = List.of();
        List<StringMatch> notNamespaces = List.of();
        List<StringMatch> principals = List.of();
        List<StringMatch> notPrincipals = List.of();
        List<Cidr> sourceIps = List.of();
        List<Cidr> notSourceIps = List.of();
        List<Cidr> destinationIps = List.of();
        List<Integer> ports = List.of();
        List<Integer> notPorts = List.of();
        List<ServiceAccount> accounts = List.of();
        List<ServiceAccount> notAccounts = List.of();

        Match build() {
            return new Match(
                    namespaces,
                    notNamespaces,
                    principals,
                    notPrincipals,
                    sourceIps,
                    notSourceIps,
                    destinationIps,
                    List.of(),
                    ports,
                    notPorts,
                    accounts,
                    notAccounts);
        }
    }

    private interface Change {
        void apply(M match);
    }

    private static Match with(Change... changes) {
        var match = new M();
        for (var change : changes) {
            change.apply(match);
        }
        return match.build();
    }

    private static Arguments row(String name, boolean web, boolean nobody, Change... changes) {
        return Arguments.of(name, web, nobody, with(changes));
    }

    static Stream<Arguments> fields() {
        var principal = "cluster.local/ns/shop/sa/web";
        return Stream.of(
                row(
                        "principal exact",
                        true,
                        false,
                        m -> m.principals = List.of(new Exact(principal))),
                row(
                        "principal of another",
                        false,
                        false,
                        m -> m.principals = List.of(new Exact("x"))),
                row(
                        "principal prefix",
                        true,
                        false,
                        m -> m.principals = List.of(new Prefix("cluster.local/"))),
                row(
                        "principal suffix",
                        true,
                        false,
                        m -> m.principals = List.of(new Suffix("/sa/web"))),
                row("principal present", true, false, m -> m.principals = List.of(new Presence())),
                row(
                        "principal with scheme never matches",
                        false,
                        false,
                        m -> m.principals = List.of(new Exact("spiffe://" + principal))),
                row(
                        "no principal present: STRICT",
                        false,
                        true,
                        m -> m.notPrincipals = List.of(new Presence())),
                row(
                        "not principal",
                        false,
                        true,
                        m -> m.notPrincipals = List.of(new Exact(principal))),
                row("namespace", true, false, m -> m.namespaces = List.of(new Exact("shop"))),
                row(
                        "namespace is case-sensitive",
                        false,
                        false,
                        m -> m.namespaces = List.of(new Exact("Shop"))),
                row(
                        "empty prefix matches nobody's namespace too",
                        true,
                        true,
                        m -> m.namespaces = List.of(new Prefix(""))),
                row(
                        "not namespace",
                        false,
                        true,
                        m -> m.notNamespaces = List.of(new Exact("shop"))),
                row(
                        "several values are alternatives",
                        true,
                        false,
                        m -> m.namespaces = List.of(new Exact("a"), new Exact("shop"))),
                row(
                        "service account",
                        true,
                        false,
                        m -> m.accounts = List.of(new ServiceAccount("shop", "web"))),
                row(
                        "not service account",
                        false,
                        true,
                        m -> m.notAccounts = List.of(new ServiceAccount("shop", "web"))),
                row(
                        "source ip",
                        true,
                        true,
                        m -> m.sourceIps = List.of(new Cidr(ip("10.0.0.0"), 24))),
                row(
                        "source ip outside",
                        false,
                        false,
                        m -> m.sourceIps = List.of(new Cidr(ip("10.1.0.0"), 24))),
                row(
                        "source ip of the other family",
                        false,
                        false,
                        m -> m.sourceIps = List.of(new Cidr(ip("::"), 0))),
                row(
                        "not source ip",
                        false,
                        false,
                        m -> m.notSourceIps = List.of(new Cidr(ip("10.0.0.1"), 32))),
                row(
                        "destination ip",
                        true,
                        true,
                        m -> m.destinationIps = List.of(new Cidr(ip("10.0.0.2"), 32))),
                row("port", true, true, m -> m.ports = List.of(8080)),
                row("another port", false, false, m -> m.ports = List.of(80)),
                row("not port", false, false, m -> m.notPorts = List.of(8080)),
                row(
                        "fields of a match are all needed",
                        false,
                        false,
                        m -> m.principals = List.of(new Presence()),
                        m -> m.ports = List.of(80)),
                row(
                        "positive and negative of a field are both needed",
                        false,
                        false,
                        m -> m.namespaces = List.of(new Exact("shop")),
                        m -> m.notNamespaces = List.of(new Prefix("sh"))),
                row("a match with nothing set matches nothing", false, false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fields")
    void field_matches(String name, boolean web, boolean nobody, Match match) {
        assertThat(matches(match, WEB)).as("web").isEqualTo(web);
        assertThat(matches(match, NOBODY)).as("nobody").isEqualTo(nobody);
    }

    @Test
    void noPolicies_allow() {
        assertThat(judge(WEB)).isInstanceOf(Allowed.class);
    }

    @Test
    void allowWithoutRules_deniesAll_denyWithoutRulesNothing() {
        assertThat(judge(WEB, policy("a", Action.ALLOW, List.of()))).isInstanceOf(Denied.class);
        assertThat(judge(WEB, policy("d", Action.DENY, List.of()))).isInstanceOf(Allowed.class);
    }

    @Test
    void ruleWithoutClauses_matchesEverything() {
        var verdict = judge(NOBODY, policy("d", Action.DENY, List.of(new Rule(List.of()))));

        assertThat(verdict)
                .isEqualTo(new Denied(new ByDenyPolicy(new MatchedRule("shop/d", 0, "any"))));
    }

    @Test
    void clauseWithoutMatches_holds_clauseOfEmptyMatches_doesNot() {
        var none = new Rule(List.of(new Clause(List.of())));
        var empty = new Rule(List.of(new Clause(List.of(with()))));

        assertThat(judge(WEB, policy("d", Action.DENY, List.of(none)))).isInstanceOf(Denied.class);
        assertThat(judge(WEB, policy("d", Action.DENY, List.of(empty))))
                .isInstanceOf(Allowed.class);
    }

    @Test
    void clausesOfARule_areAllNeeded_rulesAreAlternatives() {
        var web = new Clause(List.of(with(m -> m.principals = List.of(new Suffix("/sa/web")))));
        var port80 = new Clause(List.of(with(m -> m.ports = List.of(80))));

        assertThat(judge(WEB, policy("d", Action.DENY, List.of(new Rule(List.of(web, port80))))))
                .isInstanceOf(Allowed.class);
        assertThat(
                        judge(
                                WEB,
                                policy(
                                        "d",
                                        Action.DENY,
                                        List.of(
                                                new Rule(List.of(port80)),
                                                new Rule(List.of(web))))))
                .isEqualTo(
                        new Denied(new ByDenyPolicy(new MatchedRule("shop/d", 1, "principals"))));
    }

    @Test
    void deny_comesBeforeAllow() {
        var allow = matching(Action.ALLOW, with(m -> m.ports = List.of(8080)));
        var deny = matching(Action.DENY, with(m -> m.ports = List.of(8080)));

        assertThat(judge(WEB, allow, deny)).isInstanceOf(Denied.class);
        assertThat(judge(WEB, allow)).isInstanceOf(Allowed.class);
    }

    @Test
    void noAllowMatches_theNearestRuleAndItsFieldAreNamed() {
        var byAccount =
                new Clause(
                        List.of(
                                with(m ->
                                        m.accounts = List.of(new ServiceAccount("shop", "web")))));
        var byPort = new Clause(List.of(with(m -> m.ports = List.of(443))));
        var allow =
                policy(
                        "allow-web",
                        Action.ALLOW,
                        List.of(
                                new Rule(List.of(byPort, byAccount)),
                                new Rule(List.of(byAccount, byPort))));

        assertThat(judge(WEB, allow))
                .isEqualTo(
                        new Denied(
                                new ByNoAllowPolicy(
                                        Optional.of(
                                                new MatchedRule(
                                                        "shop/allow-web",
                                                        1,
                                                        "destination_ports")))));
    }

    @Test
    void dryRun_decidesNothing() {
        var dry =
                new Policy(
                        "shop",
                        "d",
                        Scope.NAMESPACE,
                        Action.DENY,
                        List.of(new Rule(List.of())),
                        true);

        assertThat(judge(WEB, dry)).isInstanceOf(Allowed.class);
    }

    private static Policy dry(String name, Action action, List<Rule> rules) {
        return new Policy("shop", name, Scope.NAMESPACE, action, rules, true);
    }

    private static Rule anybody() {
        return new Rule(List.of());
    }

    private static Arguments rehearsal(
            String name, boolean passes, String wouldBe, String by, Policy... policies) {
        return Arguments.of(name, passes, wouldBe, by, List.of(policies));
    }

    /// Passes now; what dry run says of it; which policy says so.
    static Stream<Arguments> rehearsals() {
        var none = List.<Rule>of();
        var all = List.of(anybody());
        var allow = policy("a", Action.ALLOW, all);
        var allowNone = policy("a", Action.ALLOW, none);
        return Stream.of(
                rehearsal("dry DENY matches", true, "deny", "shop/d", dry("d", Action.DENY, all)),
                rehearsal("dry DENY matches not", true, "allow", "", dry("d", Action.DENY, none)),
                rehearsal(
                        "dry ALLOW matches", true, "allow", "shop/e", dry("e", Action.ALLOW, all)),
                rehearsal("no dry ALLOW matches", true, "deny", "", dry("e", Action.ALLOW, none)),
                rehearsal(
                        "an enforced ALLOW is enough",
                        true,
                        "allow",
                        "",
                        allow,
                        dry("e", Action.ALLOW, none)),
                rehearsal(
                        "dry ALLOW would open what is denied",
                        false,
                        "allow",
                        "shop/e",
                        allowNone,
                        dry("e", Action.ALLOW, all)),
                rehearsal(
                        "an enforced DENY stays",
                        false,
                        "deny",
                        "",
                        policy("d", Action.DENY, all),
                        dry("e", Action.ALLOW, all)),
                rehearsal(
                        "dry DENY before dry ALLOW",
                        true,
                        "deny",
                        "shop/d",
                        dry("e", Action.ALLOW, all),
                        dry("d", Action.DENY, all)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rehearsals")
    void dryRun_isRehearsed(
            String name, boolean passes, String wouldBe, String by, List<Policy> policies) {
        var set = PolicySet.of(policies, List.of());
        var verdict = Authorizer.authorize(set, WEB);
        var rehearsal = Authorizer.rehearse(set, WEB, verdict).orElseThrow();

        assertThat(verdict instanceof Allowed).isEqualTo(passes);
        assertThat(rehearsal.wouldAllow() ? "allow" : "deny").isEqualTo(wouldBe);
        assertThat(rehearsal.by().map(MatchedRule::policy).orElse("")).isEqualTo(by);
    }

    @Test
    void withoutDryRun_nothingIsRehearsed() {
        var set = PolicySet.of(List.of(policy("d", Action.DENY, List.of())), List.of());

        assertThat(Authorizer.rehearse(set, WEB, Authorizer.authorize(set, WEB))).isEmpty();
    }

    @Test
    void refusedPolicy_denies_unlessADenyAlreadyDoes() {
        var refused = new RefusedPolicy("shop/x", Scope.NAMESPACE, "action: 7");
        var deny =
                PolicyTier.of(
                        List.of(CompiledPolicy.of(policy("d", Action.DENY, List.of(anybody())))));

        assertThat(Authorizer.authorize(new PolicySet(List.of(), List.of(refused), List.of()), WEB))
                .isEqualTo(new Denied(new ByRefusedPolicy(refused)));
        assertThat(
                        Authorizer.authorize(
                                new PolicySet(List.of(deny), List.of(refused), List.of("m")), WEB))
                .isInstanceOfSatisfying(
                        Denied.class,
                        denied -> assertThat(denied.why()).isInstanceOf(ByDenyPolicy.class));
        assertThat(new ByRefusedPolicy(refused).text())
                .isEqualTo("policy shop/x applies and was not understood: action: 7");
    }

    @Test
    void missingPolicy_denies() {
        var verdict = Authorizer.authorize(PolicySet.of(List.of(), List.of("shop/x")), WEB);

        assertThat(verdict).isEqualTo(new Denied(new ByMissingPolicy("shop/x")));
    }

    @Test
    void denialTexts_areTheReferences() {
        assertThat(new ByDenyPolicy(new MatchedRule("shop/d", 0, "any")).text())
                .isEqualTo("explicitly denied by: shop/d");
        assertThat(new ByNoAllowPolicy(Optional.empty()).text())
                .isEqualTo("allow policies exist, but none allowed");
    }
}
