package dev.ambit.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.ca.CaFault;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CertificateStoreTest {
    private static final SpiffeId WEB = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/web");
    private static final Duration HOUR = Duration.ofHours(1);

    private final FakeTime time = new FakeTime(Instant.parse("2026-01-01T00:00:00Z"));
    private TestAuthority authority = new TestAuthority("test", time);
    private final List<Runnable> started = new ArrayList<>();
    private int fetches;
    private String refusal = "";

    private final CertificateStore store =
            new CertificateStore(
                    this::fetch,
                    IdentityLimits.defaults(),
                    time,
                    new SplittableRandom(1),
                    time.timer(),
                    started::add);

    private WorkloadCertificate fetch(SpiffeId id) throws CaFault {
        fetches++;
        asked.add(id);
        if (!refusal.isEmpty()) {
            throw new CaFault(CaFault.Kind.UNAVAILABLE, refusal);
        }
        return authority.issue(id.uri(), HOUR);
    }

    private void runFetches() {
        var now = List.copyOf(started);
        started.clear();
        now.forEach(Runnable::run);
    }

    @Test
    void manyCallers_causeOneFetch() {
        var waiting = new ArrayList<CompletableFuture<WorkloadCertificate>>();
        for (int i = 0; i < 1_000; i++) {
            waiting.add(store.get(WEB));
        }
        runFetches();

        assertThat(fetches).isEqualTo(1);
        assertThat(waiting).allMatch(future -> future.join().id().equals(WEB));
    }

    @Test
    void certificate_isRenewedAroundHalfItsLife_andListenersAreTold() {
        var renewed = new ArrayList<WorkloadCertificate>();
        store.onRenewed(renewed::add);
        store.prefetch(WEB);
        runFetches();
        var first = store.current(WEB).orElseThrow();

        time.advance(Duration.ofMinutes(25));
        assertThat(started).isEmpty();
        time.advance(Duration.ofMinutes(10));
        runFetches();

        assertThat(fetches).isEqualTo(2);
        assertThat(renewed).hasSize(1);
        assertThat(store.current(WEB)).hasValue(renewed.getFirst());
        assertThat(renewed.getFirst()).isNotEqualTo(first);
    }

    @Test
    void caAway_validCertificateIsKept_andTheFetchRepeated() {
        store.prefetch(WEB);
        runFetches();
        var kept = store.current(WEB).orElseThrow();
        refusal = "nobody there";

        time.advance(Duration.ofMinutes(40));
        runFetches();

        assertThat(store.current(WEB)).hasValue(kept);
        assertThat(store.snapshot().getFirst().problem()).hasValue("nobody there");
        assertThat(store.failedFetches(CaFault.Kind.UNAVAILABLE)).isEqualTo(1);

        refusal = "";
        time.advance(Duration.ofSeconds(2));
        runFetches();
        assertThat(store.current(WEB)).isPresent().get().isNotEqualTo(kept);
        assertThat(store.snapshot().getFirst().problem()).isEmpty();
    }

    @Test
    void firstFetchFails_callersAreToldAndLaterOnesAtOnce_untilItWorks() {
        refusal = "nobody there";
        var first = store.get(WEB);
        runFetches();
        assertThat(first).isCompletedExceptionally();
        assertThat(store.get(WEB)).isCompletedExceptionally();
        assertThat(fetches).isEqualTo(1);

        refusal = "";
        time.advance(Duration.ofSeconds(2));
        runFetches();

        assertThat(store.get(WEB)).isCompleted();
    }

    @Test
    void backoff_doublesUpToItsLimit() {
        refusal = "nobody there";
        store.prefetch(WEB);
        runFetches();
        for (int i = 0; i < 20; i++) {
            time.advance(Duration.ofSeconds(170));
            runFetches();
        }
        int atLimit = fetches;
        time.advance(Duration.ofSeconds(130));
        assertThat(started).isEmpty();
        time.advance(Duration.ofSeconds(40));
        runFetches();
        assertThat(fetches).isEqualTo(atLimit + 1);
    }

    @Test
    void expiredCertificate_isNotGiven() {
        store.prefetch(WEB);
        runFetches();
        refusal = "nobody there";
        time.advance(Duration.ofMinutes(61));
        runFetches();

        assertThat(store.current(WEB)).isEmpty();
        assertThat(store.get(WEB)).isCompletedExceptionally();
    }

    @Test
    void forgottenIdentity_isNotRenewed_evenIfItsFetchWasUnderWay() {
        var waiting = store.get(WEB);
        store.forget(WEB);
        runFetches();

        assertThat(waiting).isCompletedExceptionally();
        assertThat(store.snapshot()).isEmpty();
        time.advance(Duration.ofHours(2));
        assertThat(started).isEmpty();
    }

    @Test
    void rotate_fetchesNow() {
        store.prefetch(WEB);
        runFetches();
        store.rotate(WEB);
        runFetches();

        assertThat(fetches).isEqualTo(2);
    }

    // ---- turns

    private final List<SpiffeId> asked = new ArrayList<>();

    private static SpiffeId account(String name) {
        return SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/" + name);
    }

    @Test
    void fetches_areEightAtOnce_andTheUrgentComeFirst() {
        for (int i = 0; i < 8; i++) {
            store.prefetch(account("running-" + i));
        }
        assertThat(started).hasSize(8);
        store.prefetch(account("warm"));
        store.prefetch(account("raised"));
        var wanted = store.get(account("wanted"));
        store.get(account("raised"));
        store.prefetch(account("gone"));
        store.forget(account("gone"));
        assertThat(started).hasSize(8);
        assertThat(store.waitingFetches()).isEqualTo(3);

        asked.clear();
        runFetches();
        assertThat(started).as("one for each place that became free").hasSize(3);
        runFetches();

        assertThat(asked.subList(8, 11))
                .containsExactly(account("raised"), account("wanted"), account("warm"));
        assertThat(wanted).isCompleted();
        assertThat(store.waitingFetches()).isZero();
    }

    // ---- roots

    private List<java.security.cert.X509Certificate> roots(SpiffeId id) {
        return store.current(id).orElseThrow().trust().roots();
    }

    @Test
    void newRoot_isBelievedByAllAtOnce_theOldOneUntilTheLastHolderIsRenewed() {
        var renewed = new ArrayList<SpiffeId>();
        var cart = account("cart");
        store.prefetch(WEB);
        store.prefetch(cart);
        runFetches();
        var old = roots(WEB).getFirst();
        store.onRenewed(certificate -> renewed.add(certificate.id()));

        authority = new TestAuthority("new", time);
        store.refreshRoots();
        runFetches();

        assertThat(roots(WEB)).hasSize(2).contains(old);
        assertThat(roots(cart)).hasSameElementsAs(roots(WEB));
        assertThat(renewed).containsExactlyInAnyOrder(WEB, cart);

        store.rotate(WEB);
        store.rotate(cart);
        runFetches();
        assertThat(roots(WEB)).hasSize(1).doesNotContain(old);
        assertThat(roots(cart)).isEqualTo(roots(WEB));
    }

    @Test
    void rootsOfAnotherTrustDomain_areNotBelieved() {
        var foreign = SpiffeId.parse("spiffe://other.example/ns/shop/sa/web");
        store.prefetch(WEB);
        runFetches();
        authority = new TestAuthority("new", time);
        store.prefetch(foreign);
        runFetches();

        assertThat(roots(WEB)).hasSize(1).doesNotContainAnyElementsOf(roots(foreign));
    }

    @Test
    void rootOfAForgottenIdentity_isNotBelievedAnyMore() {
        var cart = account("cart");
        store.prefetch(WEB);
        runFetches();
        authority = new TestAuthority("new", time);
        store.prefetch(cart);
        runFetches();
        assertThat(roots(cart)).hasSize(2);

        store.forget(WEB);

        assertThat(roots(cart)).hasSize(1);
        assertThat(store.identities()).containsExactly(cart);
    }

    /// A clock that stands still, and a timer on it.
    static final class FakeTime extends Clock {
        private Instant now;
        private final FakeTimer timer = new FakeTimer(this);

        FakeTime(Instant now) {
            this.now = now;
        }

        FakeTimer timer() {
            return timer;
        }

        void advance(Duration by) {
            now = now.plus(by);
            timer.runDue();
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
