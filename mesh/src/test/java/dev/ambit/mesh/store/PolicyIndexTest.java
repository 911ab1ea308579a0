package dev.ambit.mesh.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Authorizer;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.PolicySet;
import dev.ambit.mesh.policy.RefusedPolicy;
import dev.ambit.mesh.policy.UnknownPolicy;
import dev.ambit.mesh.policy.Verdict;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PolicyIndexTest {
    private static final Workload CART = workload("shop", "shop/listed");
    private static final Workload OTHER = workload("other");

    private final MeshStore store = new MeshStore("node-1");
    private final List<Boolean> changed = new ArrayList<>();

    private static Workload workload(String namespace, String... listed) {
        return new Workload(
                "uid-" + namespace,
                "app",
                namespace,
                List.of(InetAddress.getLoopbackAddress()),
                "",
                "",
                Workload.TunnelProtocol.HBONE,
                "cluster.local",
                "sa",
                Optional.empty(),
                Optional.empty(),
                "node-1",
                "",
                "",
                Workload.WorkloadType.POD,
                "",
                false,
                Optional.empty(),
                Map.of(),
                List.of(listed),
                Workload.Health.HEALTHY,
                "Kubernetes",
                Workload.Locality.NONE,
                Workload.NetworkMode.STANDARD,
                1);
    }

    private static Policy policy(
            String namespace, String name, Policy.Scope scope, Policy.Action action) {
        var anybody = List.of(new Policy.Rule(List.of()));
        return new Policy(namespace, name, scope, action, anybody, false);
    }

    private static Policy deny(String namespace, String name, Policy.Scope scope) {
        return policy(namespace, name, scope, Policy.Action.DENY);
    }

    private void apply(Change... changes) {
        store.apply(List.of(changes));
    }

    private static String judged(PolicySet policies) {
        var facts =
                new ConnectionFacts(
                        Optional.of(new SpiffeId("cluster.local", "shop", "web")),
                        InetAddress.getLoopbackAddress(),
                        InetAddress.getLoopbackAddress(),
                        80);
        return switch (Authorizer.authorize(policies, facts)) {
            case Verdict.Allowed _ -> "allowed";
            case Verdict.Denied(var why) -> why.text();
        };
    }

    private String judged(Workload destination) {
        return judged(store.policiesFor(destination));
    }

    @Test
    void scopes_decideWhoIsCovered() {
        apply(
                new Change.PutPolicy(deny("other", "theirs", Policy.Scope.NAMESPACE)),
                new Change.PutPolicy(deny("shop", "unlisted", Policy.Scope.WORKLOAD_SELECTOR)),
                new Change.PutPolicy(
                        policy(
                                "shop",
                                "listed",
                                Policy.Scope.WORKLOAD_SELECTOR,
                                Policy.Action.ALLOW)));

        assertThat(judged(CART)).isEqualTo("allowed");
        assertThat(judged(OTHER)).isEqualTo("explicitly denied by: other/theirs");

        apply(new Change.PutPolicy(deny("root", "all", Policy.Scope.GLOBAL)));

        assertThat(judged(CART)).isEqualTo("explicitly denied by: root/all");
    }

    @Test
    void missingPolicy_denies_untilItIsThere() {
        assertThat(judged(CART)).isEqualTo("policy shop/listed applies and is not known yet");

        apply(
                new Change.PutPolicy(
                        policy("shop", "listed", Policy.Scope.GLOBAL, Policy.Action.ALLOW)));

        assertThat(judged(CART)).isEqualTo("allowed");
    }

    @Test
    void refusedPolicy_deniesWhomItCovers_untilItIsTakenBack() {
        var workload = workload("shop");
        apply(
                new Change.RefusePolicy(
                        new RefusedPolicy("shop/bad", Policy.Scope.NAMESPACE, "scope: 9")));

        assertThat(judged(workload))
                .isEqualTo("policy shop/bad applies and was not understood: scope: 9");
        assertThat(judged(OTHER)).isEqualTo("allowed");

        apply(
                new Change.RefusePolicy(
                        new RefusedPolicy("shop/bad", Policy.Scope.GLOBAL, "scope: 9")));
        assertThat(judged(OTHER)).startsWith("policy shop/bad applies");

        apply(new Change.RemovePolicy("shop/bad"));
        assertThat(judged(workload)).isEqualTo("allowed");
        assertThat(judged(OTHER)).isEqualTo("allowed");
    }

    @Test
    void refusedUpdate_leavesTheLastGoodOne() {
        var good = policy("shop", "p", Policy.Scope.NAMESPACE, Policy.Action.ALLOW);
        apply(new Change.PutPolicy(good));
        apply(
                new Change.RefusePolicy(
                        new RefusedPolicy("shop/p", Policy.Scope.NAMESPACE, "scope: 9")));

        assertThat(judged(workload("shop"))).isEqualTo("allowed");
        assertThat(store.refusedPolicies()).isEmpty();
    }

    @Test
    void ignored_missingAndRefusedPoliciesAreSkipped() {
        var lenient = new MeshStore("node-1", UnknownPolicy.IGNORE);
        lenient.apply(
                List.of(
                        new Change.RefusePolicy(
                                new RefusedPolicy("shop/bad", Policy.Scope.GLOBAL, "scope: 9"))));

        assertThat(judged(lenient.policiesFor(CART))).isEqualTo("allowed");
    }

    /// Who judges open connections again needs to look only where this changes.
    @Test
    void policySet_isTheSameOne_untilSomethingInItChanges() {
        store.listen(changes -> changed.add(changes.policies()));
        var listed = policy("shop", "listed", Policy.Scope.WORKLOAD_SELECTOR, Policy.Action.ALLOW);
        apply(new Change.PutPolicy(listed));
        var cart = store.policiesFor(CART);
        var other = store.policiesFor(OTHER);

        apply(new Change.PutPolicy(listed));
        assertThat(changed).as("sent again as it was").containsExactly(true, false);

        apply(new Change.PutPolicy(deny("other", "p", Policy.Scope.NAMESPACE)));
        assertThat(store.policiesFor(CART)).isSameAs(cart);
        assertThat(store.policiesFor(OTHER)).isNotSameAs(other);

        other = store.policiesFor(OTHER);
        apply(new Change.RemovePolicy("shop/listed"));
        assertThat(store.policiesFor(CART)).isNotSameAs(cart);
        assertThat(store.policiesFor(OTHER)).isSameAs(other);

        cart = store.policiesFor(CART);
        apply(new Change.PutPolicy(deny("root", "p", Policy.Scope.GLOBAL)));
        assertThat(store.policiesFor(CART)).isNotSameAs(cart);
        assertThat(store.policiesFor(OTHER)).isNotSameAs(other);
    }

    @Test
    void policyThatChangesScope_leavesWhomItCoveredBefore() {
        apply(new Change.PutPolicy(deny("shop", "p", Policy.Scope.GLOBAL)));
        assertThat(judged(OTHER)).isEqualTo("explicitly denied by: shop/p");

        apply(new Change.PutPolicy(deny("shop", "p", Policy.Scope.NAMESPACE)));

        assertThat(judged(OTHER)).isEqualTo("allowed");
        assertThat(judged(workload("shop"))).isEqualTo("explicitly denied by: shop/p");
    }
}
