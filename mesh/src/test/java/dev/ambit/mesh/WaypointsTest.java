package dev.ambit.mesh;

import static dev.ambit.mesh.Records.byAddress;
import static dev.ambit.mesh.Records.byName;
import static dev.ambit.mesh.Records.pod;
import static dev.ambit.mesh.Records.service;
import static dev.ambit.mesh.Records.store;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.MeshView.Target;
import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Workload;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WaypointsTest {
    private static final Service WAYPOINT =
            service("ns", "wp").vip("10.9.0.1").ownNamespaceOnly().build();
    private static final Workload PROXY = pod("proxy").ip("10.0.0.9").behind(WAYPOINT).build();
    private static final Workload ILL =
            pod("ill").ip("10.0.0.8").unhealthy().behind(WAYPOINT).build();
    private static final Workload ALONE =
            pod("alone").ip("10.0.0.7").hostname("alone.example.com").build();
    private static final Workload STRANGER = pod("stranger").ip("10.0.0.6").build();
    private static final MeshView MESH = store(WAYPOINT, PROXY, ILL, ALONE, STRANGER);

    private static GatewayAddress reference(String text) {
        return Character.isDigit(text.charAt(0)) ? byAddress(text) : byName("ns", text);
    }

    private static Workload named(String name) {
        return MESH.workload("Kubernetes//Pod/ns/" + name).orElseThrow();
    }

    @ParameterizedTest(name = "{0} includes {1}: {2}")
    @CsvSource({
        "wp.ns.svc.cluster.local, proxy, true",
        "wp.ns.svc.cluster.local, ill, true",
        "wp.ns.svc.cluster.local, stranger, false",
        "10.9.0.1, proxy, true",
        "10.9.0.1, stranger, false",
        "10.0.0.9, proxy, true",
        "10.0.0.9, ill, false",
        "alone.example.com, alone, true",
        "alone.example.com, proxy, false",
        "unheard.example.com, proxy, false",
        "10.0.0.99, proxy, false",
    })
    void reference_includesWhoStandsBehindIt(String reference, String candidate, boolean expected) {
        assertThat(Waypoints.includes(MESH, reference(reference), named(candidate)))
                .isEqualTo(expected);
    }

    @Test
    void references_areTheSingleOneAndAllOfTheSet() {
        var behind =
                service("ns", "cart")
                        .waypoint(reference("wp.ns.svc.cluster.local"))
                        .weighted(reference("10.0.0.7"), 0)
                        .build();
        var pod = pod("cart").waypoint(reference("alone.example.com")).build();

        assertThat(Waypoints.references(new Target.OfService(behind)))
                .containsExactly(reference("wp.ns.svc.cluster.local"), reference("10.0.0.7"));
        assertThat(Waypoints.references(new Target.OfWorkload(pod)))
                .containsExactly(reference("alone.example.com"));
        assertThat(Waypoints.references(new Target.Unknown())).isEmpty();
    }

    /// Weights of a and b, whether there is a single waypoint (c) besides; who is chosen.
    @ParameterizedTest(name = "a {0}, b {1}, c {2}: {3}")
    @CsvSource({
        "-, -, false, none",
        "-, -, true, c",
        "100, 0, true, a",
        "0, 100, true, b",
        "0, 0, true, c",
        "0, 0, false, none",
    })
    void chosenWaypoint(String a, String b, boolean single, String expected) {
        var builder = service("ns", "cart");
        if (!a.equals("-")) {
            builder.weighted(reference("a.x"), Integer.parseInt(a));
            builder.weighted(reference("b.x"), Integer.parseInt(b));
        }
        if (single) {
            builder.waypoint(reference("c.x"));
        }
        var service = builder.build();
        var random = new SplittableRandom(1);
        for (int i = 0; i < 50; i++) {
            var chosen = Waypoints.choose(service, random);

            assertThat(chosen.map(r -> r.equals(reference(expected + ".x"))).orElse(false))
                    .isEqualTo(!expected.equals("none"));
            assertThat(chosen.isPresent()).isEqualTo(!expected.equals("none"));
        }
    }

    @Test
    void weightedWaypoints_areDrawnByTheirWeights() {
        var service =
                service("ns", "cart")
                        .weighted(reference("a.x"), 75)
                        .weighted(reference("b.x"), 25)
                        .build();
        var random = new SplittableRandom(1);
        var drawn =
                java.util.stream.Stream.generate(() -> Waypoints.choose(service, random))
                        .limit(10_000)
                        .filter(chosen -> chosen.equals(java.util.Optional.of(reference("a.x"))))
                        .count();

        assertThat(drawn).isBetween(7_000L, 8_000L);
        assertThat(Waypoints.references(new Target.OfService(service)))
                .isEqualTo(List.of(reference("a.x"), reference("b.x")));
    }
}
