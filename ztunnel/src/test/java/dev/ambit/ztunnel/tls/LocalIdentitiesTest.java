package dev.ambit.ztunnel.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.ca.CaFault;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.ztunnel.MeshOf;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LocalIdentitiesTest {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final List<SpiffeId> forgotten = new ArrayList<>();
    private final MeshStore mesh = new MeshStore("node-1");
    private final CertificateStore certificates =
            new CertificateStore(
                    id -> {
                        throw new CaFault(CaFault.Kind.UNAVAILABLE, "nobody there");
                    },
                    IdentityLimits.defaults(),
                    Clock.systemUTC(),
                    new SplittableRandom(1),
                    timer,
                    _ -> {});

    @BeforeEach
    void listen() {
        mesh.listen(
                new LocalIdentities(
                        "node-1",
                        certificates,
                        id -> {
                            forgotten.add(id);
                            certificates.forget(id);
                        }));
    }

    @AfterEach
    void close() {
        certificates.close();
        timer.shutdownNow();
    }

    private static SpiffeId id(String account) {
        return new SpiffeId("cluster.local", "ns", account);
    }

    private void put(MeshOf.Builder... workloads) {
        var batch = new ArrayList<Change>();
        for (var workload : workloads) {
            batch.add(new Change.PutWorkload(workload.build()));
        }
        mesh.apply(batch);
    }

    private void remove(String name) {
        mesh.apply(List.of(new Change.RemoveAddress("Kubernetes//Pod/ns/" + name)));
    }

    @Test
    void identitiesOfThisNode_thatTakeTunnels_areFetchedAhead() {
        put(
                MeshOf.workload("web", "10.0.0.1"),
                MeshOf.workload("plain", "10.0.0.2").plain(),
                MeshOf.workload("far", "10.0.0.3").on("node-2"));

        assertThat(certificates.identities()).containsExactly(id("web"));
    }

    @Test
    void identity_isForgottenWithItsLastWorkload_whateverElseChanges() {
        put(MeshOf.workload("web", "10.0.0.1"), MeshOf.workload("cart", "10.0.0.2"));
        put(MeshOf.workload("web", "10.0.0.9"));
        assertThat(forgotten).isEmpty();

        remove("web");

        assertThat(forgotten).containsExactly(id("web"));
        assertThat(certificates.identities()).containsExactly(id("cart"));
    }

    @Test
    void workloadThatMovedAway_takesItsIdentityWithIt() {
        put(MeshOf.workload("web", "10.0.0.1"));
        put(MeshOf.workload("web", "10.0.0.1").on("node-2"));

        assertThat(forgotten).containsExactly(id("web"));
    }

    /// A connection may ask a moment after its pod has gone.
    @Test
    void identityThatWasAskedForTooLate_isForgottenWithTheNextChange() {
        put(MeshOf.workload("web", "10.0.0.1"), MeshOf.workload("cart", "10.0.0.2"));
        remove("web");
        certificates.prefetch(id("web"));

        put(MeshOf.workload("cart", "10.0.0.7"));

        assertThat(certificates.identities()).containsExactly(id("cart"));
    }
}
