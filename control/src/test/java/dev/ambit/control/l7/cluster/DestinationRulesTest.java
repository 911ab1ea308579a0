package dev.ambit.control.l7.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.resource.MeshConfig;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Origin;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.traffic.DestinationRule;
import dev.ambit.control.resource.traffic.RetryBudget;
import dev.ambit.control.resource.traffic.TrafficPolicy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/// Which rule a waypoint of namespace `shop` uses for a host.
class DestinationRulesTest {
    private static final String HOST = "web.shop.svc.cluster.local";

    private static Meta meta(String namespace, String name, int age) {
        return new Meta(
                namespace,
                name,
                "",
                Map.of(),
                Map.of(),
                Optional.of(Instant.EPOCH.plusSeconds(age)),
                false,
                Optional.empty(),
                false,
                new Origin("a.yaml", 1),
                "networking.istio.io/v1",
                0);
    }

    /// @param budget tells policies apart; 0: no policy
    private static DestinationRule rule(
            String path, String host, int age, int budget, String... exportTo) {
        var parts = path.split("/", 2);
        Optional<TrafficPolicy> policy =
                budget == 0
                        ? Optional.empty()
                        : Optional.of(
                                new TrafficPolicy(
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        List.of(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.of(
                                                new RetryBudget(
                                                        Optional.empty(),
                                                        budget,
                                                        Optional.empty()))));
        return new DestinationRule(
                meta(parts[0], parts[1], age),
                host,
                policy,
                List.of(new DestinationRule.Subset(parts[1], Map.of(), Optional.empty())),
                List.of(exportTo),
                Optional.empty());
    }

    private static Optional<DestinationRule> found(DestinationRule... rules) {
        return DestinationRules.of(
                        new ResourceSet(MeshConfig.defaults(), List.of(rules), List.of()))
                .find("shop", HOST, "shop");
    }

    private static String name(Optional<DestinationRule> rule) {
        return rule.map(r -> r.meta().path()).orElse("none");
    }

    @Test
    void wildcardOfTheWaypointsNamespace_beatsExactHostElsewhere() {
        var wild = rule("shop/wild", "*.svc.cluster.local", 2, 1);
        assertThat(name(found(rule("istio-system/root", HOST, 1, 2), wild))).isEqualTo("shop/wild");
    }

    @Test
    void exactHost_beatsWildcardsAndTheLongerWildcardTheShorter() {
        var exact = rule("shop/exact", HOST, 3, 1);
        var near = rule("shop/near", "*.shop.svc.cluster.local", 2, 2);
        var far = rule("shop/far", "*.cluster.local", 1, 3);
        assertThat(name(found(far, near, exact))).isEqualTo("shop/exact");
        assertThat(name(found(far, near))).isEqualTo("shop/near");
    }

    @Test
    void rootNamespace_isUsedLast() {
        assertThat(name(found(rule("istio-system/root", HOST, 1, 1))))
                .isEqualTo("istio-system/root");
        assertThat(name(found(rule("other/theirs", HOST, 1, 1)))).isEqualTo("none");
    }

    @Test
    void ruleKeptPrivate_isNotSeenFromElsewhere() {
        assertThat(name(found(rule("istio-system/root", HOST, 1, 1, ".")))).isEqualTo("none");
        assertThat(name(found(rule("istio-system/root", HOST, 1, 1, "shop"))))
                .isEqualTo("istio-system/root");
        assertThat(name(found(rule("istio-system/root", HOST, 1, 1, "other")))).isEqualTo("none");
    }

    @Test
    void rulesForTheSameHost_areMergedOldestFirst() {
        var merged = found(rule("shop/b", HOST, 2, 7), rule("shop/a", HOST, 1, 0));
        assertThat(name(merged)).isEqualTo("shop/a");
        assertThat(merged.orElseThrow().subsets())
                .extracting(DestinationRule.Subset::name)
                .containsExactly("a", "b");
        assertThat(merged.flatMap(DestinationRule::policy).flatMap(TrafficPolicy::retryBudget))
                .map(RetryBudget::minConcurrency)
                .contains(7);
    }

    @Test
    void settingsOfAPort_replaceTheRest() {
        var rule = rule("shop/a", HOST, 1, 5);
        var ported =
                rule.policy()
                        .orElseThrow()
                        .withPorts(
                                List.of(
                                        new TrafficPolicy.PortPolicy(
                                                80,
                                                Optional.empty(),
                                                Optional.empty(),
                                                Optional.empty(),
                                                Optional.empty())));
        var with =
                Optional.of(
                        new DestinationRule(
                                rule.meta(),
                                HOST,
                                Optional.of(ported),
                                List.of(),
                                List.of(),
                                Optional.empty()));
        assertThat(TrafficPolicies.of(with, 80, "").retryBudget()).isEmpty();
        assertThat(TrafficPolicies.of(with, 81, "").retryBudget()).isPresent();
    }

    @Property(tries = 50)
    void orderOfFiles_neverChangesTheResult(@ForAll long seed) {
        var rules =
                new ArrayList<>(
                        List.of(
                                rule("shop/a", HOST, 1, 0),
                                rule("shop/b", HOST, 2, 2),
                                rule("shop/c", HOST, 3, 3, "*"),
                                rule("shop/w", "*.cluster.local", 4, 4),
                                rule("istio-system/r", HOST, 5, 5)));
        var expected = found(rules.toArray(DestinationRule[]::new));
        Collections.shuffle(rules, new Random(seed));
        assertThat(found(rules.toArray(DestinationRule[]::new))).isEqualTo(expected);
    }
}
