package dev.ambit.control.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.Yaml;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PodPlannerTest {
    private static final PlanSettings TWO = PlanSettings.laptop(2);

    @Test
    void plan_deployment_replicasInTurnOnNodes() {
        var plan = plan(Yaml.NAMESPACE, deployment("web", 3));

        assertThat(plan.pods())
                .extracting(p -> p.meta().name())
                .containsExactly("web-0", "web-1", "web-2");
        assertThat(plan.pods())
                .extracting(p -> p.spec().node())
                .containsExactly("node-1", "node-2", "node-1");
        assertThat(plan.pods())
                .allSatisfy(p -> {
                    assertThat(p.spec().serviceAccount()).isEqualTo("web-sa");
                    assertThat(p.meta().annotation(Names.REDIRECTION)).isEqualTo("enabled");
                    assertThat(p.meta().label("app")).isEqualTo("web");
                });
    }

    @Test
    void plan_addressesByNode_insideItsRangeAndDistinct() {
        var plan = plan(Yaml.NAMESPACE, deployment("web", 100));

        assertThat(plan.pods()).extracting(PodPlannerTest::ip).doesNotHaveDuplicates();
        assertThat(plan.pods())
                .allSatisfy(p ->
                        assertThat(ip(p))
                                .startsWith(
                                        p.spec().node().equals("node-1")
                                                ? "10.42.1."
                                                : "10.42.2."));
    }

    @Test
    void plan_deploymentAdded_othersKeepTheirAddress() {
        var before = ips(plan(Yaml.NAMESPACE, deployment("web", 3)));
        var after = ips(plan(Yaml.NAMESPACE, deployment("web", 3), deployment("cart", 3)));

        assertThat(after).containsAllEntriesOf(before);
    }

    @Test
    void plan_twice_same() {
        var text = new String[] {Yaml.NAMESPACE, deployment("web", 5), deployment("cart", 5)};

        assertThat(plan(text)).isEqualTo(plan(text));
    }

    @Test
    void plan_podOutsideTheMesh_notRedirected() {
        var plan =
                plan(
                        Yaml.NAMESPACE,
                        "apiVersion: v1\nkind: Pod\nmetadata: {name: out, namespace: other}\n"
                                + "spec: {}\n",
                        "apiVersion: v1\nkind: Pod\nmetadata: {name: opt, namespace: shop,"
                                + " labels: {istio.io/dataplane-mode: none}}\nspec: {}\n");

        assertThat(plan.pods())
                .hasSize(2)
                .allSatisfy(p -> assertThat(p.meta().annotation(Names.REDIRECTION)).isEmpty());
    }

    @Test
    void plan_nodeName_honoured() {
        var plan =
                plan("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {nodeName: node-2}\n");

        assertThat(plan.pods()).extracting(p -> p.spec().node()).containsExactly("node-2");
    }

    @Test
    void plan_podWithStatus_leftAlone() {
        assertThat(plan(Yaml.pod("a", "web", "node-9", "10.9.9.9")).pods()).isEmpty();
    }

    @Test
    void plan_serviceWithoutAddress_getsOne() {
        var plan =
                plan(
                        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
                                + "spec: {ports: [{port: 80}]}\n",
                        "apiVersion: v1\nkind: Service\nmetadata: {name: b}\n"
                                + "spec: {clusterIP: None}\n");

        assertThat(plan.services()).hasSize(1);
        assertThat(plan.services().getFirst().clusterIps().getFirst()).startsWith("10.43.");
    }

    @Test
    void plan_rangeFull_reportedAndLeftOut() {
        var plan = plan(Yaml.NAMESPACE, deployment("web", 600));

        assertThat(plan.pods()).hasSizeLessThan(600);
        assertThat(plan.complete().problems())
                .extracting(Problem::message)
                .first()
                .asString()
                .contains("no address left in 10.42.1.0/24");
    }

    private static String deployment(String name, int replicas) {
        return """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: %s, namespace: shop}
        spec:
          replicas: %d
          template:
            metadata: {labels: {app: %s}}
            spec: {serviceAccountName: %s-sa, containers: [{name: app}]}
        """
                .formatted(name, replicas, name, name);
    }

    private static Plan plan(String... documents) {
        var outcome =
                FileReader.read(
                        "a.yaml",
                        Yaml.documents(documents),
                        new YamlLimits(100_000, 1_000, 50, 64));
        return PodPlanner.plan(DirectoryState.empty().with("a.yaml", outcome).assemble(), TWO);
    }

    private static Map<String, String> ips(Plan plan) {
        var ips = new HashMap<String, String>();
        plan.pods().forEach(p -> ips.put(p.meta().name(), ip(p)));
        return ips;
    }

    private static String ip(Pod pod) {
        return Optional.of(pod).flatMap(Pod::status).orElseThrow().ips().getFirst();
    }
}
