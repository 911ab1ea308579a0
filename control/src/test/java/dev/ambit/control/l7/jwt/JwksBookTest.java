package dev.ambit.control.l7.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.l7.jwt.JwksBook.Fetch;
import dev.ambit.control.l7.jwt.JwksSource.Key;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JwksBookTest {
    private static final JwksLimits LIMITS = JwksLimits.defaults();
    private static final Instant START = Instant.parse("2026-01-31T12:00:00Z");
    private static final JwksSource ONE =
            new JwksSource("https://one.example", "", Optional.empty());
    private static final Key KEY = ONE.key();

    private final JwksBook book = new JwksBook(LIMITS);

    @Test
    void want_newSource_dueAtOnceAndOnce() {
        book.want(Set.of(ONE), START);

        assertThat(book.due(START)).containsExactly(new Fetch(KEY, Duration.ofSeconds(5)));
        assertThat(book.due(START)).isEmpty();
    }

    @Test
    void want_timeoutOfTheRule_atMostTheLimit() {
        var patient =
                new JwksSource("", "https://k.example/keys", Optional.of(Duration.ofHours(1)));
        var hasty = new JwksSource("i", "", Optional.of(Duration.ofMillis(200)));
        book.want(Set.of(patient, hasty), START);

        assertThat(book.due(START))
                .extracting(Fetch::timeout)
                .containsExactlyInAnyOrder(Duration.ofMinutes(1), Duration.ofMillis(200));
    }

    @Test
    void due_manySources_noMoreThanMayBeFetchedAtATime() {
        var many = new HashSet<JwksSource>();
        for (int i = 0; i < LIMITS.fetches() + 5; i++) {
            many.add(new JwksSource("https://" + i + ".example", "", Optional.empty()));
        }
        book.want(many, START);

        var first = book.due(START);
        assertThat(first).hasSize(LIMITS.fetches());
        assertThat(book.next()).isEmpty();
        book.succeeded(first.getFirst().key(), TestKeys.set("a"), START);

        assertThat(book.due(START)).hasSize(1);
    }

    @Test
    void succeeded_first_knownAndDueAgainAfterTheRefresh() {
        fetched(TestKeys.set("a"), START);

        assertThat(state().json()).contains(TestKeys.set("a"));
        assertThat(state().failure()).isEmpty();
        assertThat(book.next()).contains(START.plus(LIMITS.refresh()));
    }

    @Test
    void succeeded_sameKeysInAnotherOrder_nothingChanged() {
        fetched(TestKeys.set("a", "b"), START);
        var later = START.plus(LIMITS.refresh());
        book.due(later);

        assertThat(book.succeeded(KEY, TestKeys.set("b", "a"), later)).isFalse();
        assertThat(state().json()).contains(TestKeys.set("a", "b"));
    }

    @Test
    void succeeded_otherKeys_changed() {
        fetched(TestKeys.set("a"), START);
        var later = START.plus(LIMITS.refresh());
        book.due(later);

        assertThat(book.succeeded(KEY, TestKeys.set("b"), later)).isTrue();
        assertThat(state().json()).contains(TestKeys.set("b"));
    }

    @Test
    void failed_again_pausesDoubleUpToTheLimit() {
        book.want(Set.of(ONE), START);
        var now = START;
        var pauses = new java.util.ArrayList<Duration>();
        for (int i = 0; i < 14; i++) {
            book.due(now);
            book.failed(KEY, "down", now);
            var next = book.next().orElseThrow();
            pauses.add(Duration.between(now, next));
            now = next;
        }

        assertThat(pauses)
                .startsWith(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4))
                .endsWith(LIMITS.retryMost());
        assertThat(pauses).isSorted();
    }

    @Test
    void failed_afterSuccess_lastGoodStaysUntilStale() {
        fetched(TestKeys.set("a"), START);
        var soon = START.plus(Duration.ofHours(1));
        book.due(soon);

        assertThat(book.failed(KEY, "down", soon)).isTrue();
        assertThat(state().json()).isPresent();
        assertThat(state().failure()).isEqualTo("down");

        var late = START.plus(LIMITS.stale());
        book.due(late);
        assertThat(book.failed(KEY, "down", late)).isTrue();
        assertThat(state().json()).isEmpty();
    }

    @Test
    void failed_sameReasonAgain_isNoNews() {
        book.want(Set.of(ONE), START);
        book.due(START);
        assertThat(book.failed(KEY, "down", START)).isTrue();
        var later = START.plus(Duration.ofSeconds(1));
        book.due(later);

        assertThat(book.failed(KEY, "down", later)).isFalse();
    }

    @Test
    void want_noLonger_forgottenOnlyAfterAWhile() {
        fetched(TestKeys.set("a"), START);

        book.want(Set.of(), START.plus(Duration.ofHours(1)));
        assertThat(book.states()).containsKey(KEY);

        book.want(Set.of(), START.plus(LIMITS.unused()));
        assertThat(book.states()).isEmpty();
    }

    @Test
    void failed_forgottenMeanwhile_ignored() {
        assertThat(book.failed(KEY, "down", START)).isFalse();
        assertThat(book.succeeded(KEY, TestKeys.set("a"), START)).isFalse();
        assertThat(book.states()).isEmpty();
    }

    private void fetched(String json, Instant now) {
        book.want(Set.of(ONE), now);
        book.due(now);
        assertThat(book.succeeded(KEY, json, now)).isTrue();
    }

    private JwksBook.State state() {
        return java.util.Objects.requireNonNull(book.states().get(KEY));
    }
}
