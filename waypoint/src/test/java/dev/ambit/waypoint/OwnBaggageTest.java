package dev.ambit.waypoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.telemetry.PeerMetadata;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a waypoint says of itself.
class OwnBaggageTest {
    private static final Map<String, Object> NODE =
            Map.of(
                    "WORKLOAD_NAME",
                    "wp",
                    "NAMESPACE",
                    "shop",
                    "CLUSTER_ID",
                    "Kubernetes",
                    "NAME",
                    "wp-5llf2",
                    "OWNER",
                    "kubernetes://apis/apps/v1/namespaces/shop/deployments/wp",
                    "LABELS",
                    Map.of(
                            "service.istio.io/canonical-name",
                            "wp",
                            "service.istio.io/canonical-revision",
                            "latest"));

    private static PeerMetadata at(String region, String zone) {
        return new PeerMetadata("", "", "", "", "", "", "", "", "", "", region, zone);
    }

    @Test
    void node_isSaid_inIstiosOrder() {
        assertThat(new OwnBaggage(NODE, () -> null).get())
                .isEqualTo(
                        "k8s.deployment.name=wp,service.name=wp,service.version=latest,"
                                + "k8s.namespace.name=shop,k8s.cluster.name=Kubernetes,"
                                + "k8s.instance.name=wp-5llf2");
    }

    @Test
    void place_isSaid_onceTheMeshKnowsIt() {
        var known = new PeerMetadata[1];
        var baggage = new OwnBaggage(NODE, () -> known[0]);
        assertThat(baggage.get()).doesNotContain("cloud.");
        known[0] = at("eu", "eu-1");
        assertThat(baggage.get()).endsWith(",cloud.region=eu,cloud.availability_zone=eu-1");
        assertThat(baggage.get()).isSameAs(baggage.get());
    }

    @Test
    void appLabels_areSaid_whereTheyDiffer() {
        var labels =
                Map.of(
                        "service.istio.io/canonical-name",
                        "cart",
                        "app",
                        "cart-app",
                        "version",
                        "v2");
        assertThat(new OwnBaggage(Map.of("LABELS", labels), () -> null).get())
                .isEqualTo("service.name=cart,app.name=cart-app,service.version=v2");
    }

    @Test
    void whatItSays_isUnderstoodByItsLikes() {
        var said = new OwnBaggage(NODE, () -> at("eu", "eu-1")).get();
        assertThat(PeerMetadata.ofBaggage(said, "spiffe://a/ns/shop/sa/wp"))
                .isEqualTo(
                        new PeerMetadata(
                                "wp-5llf2",
                                "Kubernetes",
                                "shop",
                                "wp",
                                "wp",
                                "latest",
                                "wp",
                                "latest",
                                "deployment",
                                "spiffe://a/ns/shop/sa/wp",
                                "eu",
                                "eu-1"));
    }
}
