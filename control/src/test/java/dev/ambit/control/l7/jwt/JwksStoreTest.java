package dev.ambit.control.l7.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.l7.jwt.Jwks.Answer;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A store over a real issuer, in time that the test makes pass.
class JwksStoreTest {
    private static final JwksLimits LIMITS = JwksLimits.defaults();
    private static final long WAIT_SECONDS = 20;

    private final AtomicReference<Instant> now =
            new AtomicReference<>(Instant.parse("2026-01-31T12:00:00Z"));
    private final LinkedBlockingQueue<String> changes = new LinkedBlockingQueue<>();
    private final Issuer issuer;
    private final JwksStore store =
            new JwksStore(
                    LIMITS, HttpJwksFetcher.of(LIMITS), clock(), () -> changes.add("changed"));

    JwksStoreTest() throws IOException {
        issuer = new Issuer();
    }

    @AfterEach
    void close() {
        store.close();
        issuer.close();
    }

    @Test
    void want_uri_keysComeWithAChange() throws Exception {
        issuer.answers("/keys", 200, TestKeys.set("a"));
        var before = store.snapshot();

        fetch("", issuer.address() + "/keys");

        assertThat(store.snapshot().keys("", issuer.address() + "/keys"))
                .isEqualTo(new Answer.Known(TestKeys.set("a"), ""));
        assertThat(before.keys("", issuer.address() + "/keys")).isInstanceOf(Answer.Pending.class);
    }

    @Test
    void want_issuerAlone_discovered() throws Exception {
        issuer.answers(
                "/realm/.well-known/openid-configuration",
                200,
                "{\"jwks_uri\":\"" + issuer.address() + "/certs\"}");
        issuer.answers("/certs", 200, TestKeys.set("a"));

        fetch(issuer.address() + "/realm/", "");

        assertThat(store.snapshot().keys(issuer.address() + "/realm/", ""))
                .isEqualTo(new Answer.Known(TestKeys.set("a"), ""));
    }

    @Test
    void want_answerThatIsNoSetOfKeys_missingAndWhy() throws Exception {
        issuer.answers("/keys", 200, "<html>secret page</html>");

        fetch("", issuer.address() + "/keys");

        assertThat(missing("", issuer.address() + "/keys"))
                .contains("no set of keys")
                .doesNotContain("secret page");
    }

    @Test
    void want_discoveryWithoutKeys_missingAndWhy() throws Exception {
        issuer.answers("/.well-known/openid-configuration", 200, "{}");

        fetch(issuer.address(), "");

        assertThat(missing(issuer.address(), "")).contains("has no jwks_uri");
    }

    @Test
    void want_issuerThatIsNoAddress_missingAndWhy() throws Exception {
        fetch("accounts@example.com", "");

        assertThat(missing("accounts@example.com", "")).contains("can't be asked");
    }

    @Test
    void refresh_failing_lastGoodStays() throws Exception {
        var uri = issuer.address() + "/keys";
        issuer.answers("/keys", 200, TestKeys.set("a"));
        fetch("", uri);
        issuer.answers("/keys", 500, "");
        now.set(now.get().plus(LIMITS.refresh()));

        store.fetchDue();
        awaitChange();

        assertThat(store.snapshot().keys("", uri))
                .isInstanceOfSatisfying(
                        Answer.Known.class,
                        k -> {
                            assertThat(k.json()).isEqualTo(TestKeys.set("a"));
                            assertThat(k.failure()).contains("answered 500");
                        });
        assertThat(store.counters())
                .containsEntry("jwks_fetches_succeeded", 1L)
                .containsEntry("jwks_fetches_failed", 1L);
    }

    @Test
    void refresh_rotatedKeys_replaced() throws Exception {
        var uri = issuer.address() + "/keys";
        issuer.answers("/keys", 200, TestKeys.set("a"));
        fetch("", uri);
        issuer.answers("/keys", 200, TestKeys.set("a", "b"));
        now.set(now.get().plus(LIMITS.refresh()));

        store.fetchDue();
        awaitChange();

        assertThat(store.snapshot().keys("", uri))
                .isEqualTo(new Answer.Known(TestKeys.set("a", "b"), ""));
    }

    @Test
    void snapshots_sameKeys_equal() throws Exception {
        issuer.answers("/keys", 200, TestKeys.set("a"));
        fetch("", issuer.address() + "/keys");

        assertThat(store.snapshot()).isEqualTo(store.snapshot());
    }

    @Test
    void start_wanted_fetchedByItself() throws Exception {
        issuer.answers("/keys", 200, TestKeys.set("a"));
        store.start();

        store.want(Set.of(new JwksSource("", issuer.address() + "/keys", Optional.empty())));

        awaitChange();
        assertThat(store.snapshot().keys("", issuer.address() + "/keys"))
                .isInstanceOf(Answer.Known.class);
    }

    private void fetch(String of, String uri) throws InterruptedException {
        store.want(Set.of(new JwksSource(of, uri, Optional.of(Duration.ofSeconds(20)))));
        store.fetchDue();
        awaitChange();
    }

    private void awaitChange() throws InterruptedException {
        assertThat(changes.poll(WAIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("changed");
    }

    private String missing(String of, String uri) {
        return store.snapshot().keys(of, uri) instanceof Answer.Missing(var why)
                ? why
                : "not missing";
    }

    private Clock clock() {
        InstantSource source = now::get;
        return source.withZone(ZoneId.from(ZoneOffset.UTC));
    }
}
