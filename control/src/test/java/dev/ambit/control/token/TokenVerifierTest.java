package dev.ambit.control.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.token.TokenIssuer.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenVerifierTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Subject ZTUNNEL =
            Subject.onNode(new Account("istio-system", "ztunnel"), "ztunnel-a", "node-1");

    @TempDir private Path directory = Path.of(".");
    private final TokenIssuer issuer = TokenIssuer.create("https://issuer.test", CLOCK);
    private TokenVerifier verifier = verifier(Path.of("jwks.json"));

    @BeforeEach
    void publishKeys() throws IOException {
        issuer.saveJwks(directory.resolve("jwks.json"));
        verifier = verifier(directory.resolve("jwks.json"));
    }

    @Test
    void verify_projectedToken_callerWithPodAndNode() {
        var result = verifier.verify(issuer.issue(ZTUNNEL, "istio-ca", HOUR));

        assertThat(result)
                .isEqualTo(
                        new TokenVerifier.Result.Valid(
                                new Caller(
                                        new Account("istio-system", "ztunnel"),
                                        Optional.of("ztunnel-a"),
                                        Optional.of("node-1"))));
    }

    @Test
    void verify_expired_saysSinceWhen() {
        var token = issuer.issue(ZTUNNEL, "istio-ca", Duration.ofMinutes(-5));

        assertRefused(token, "expired 300 s ago, at 2026-03-01T11:55:00Z");
    }

    @Test
    void verify_expiresThisInstant_refused() {
        assertRefused(issuer.issue(ZTUNNEL, "istio-ca", Duration.ZERO), "expired 0 s ago");
    }

    @Test
    void verify_otherAudience_refused() {
        assertRefused(
                issuer.issue(ZTUNNEL, "vault", HOUR), "audience [vault] (expected: istio-ca)");
    }

    @Test
    void verify_otherIssuer_refused() throws IOException {
        var key = directory.resolve("key.json");
        issuer.saveKey(key);
        var other = TokenIssuer.load(key, "https://other.test", CLOCK);

        assertRefused(other.issue(ZTUNNEL, "istio-ca", HOUR), "issuer 'https://other.test'");
    }

    @Test
    void verify_otherKey_refused() {
        var other = TokenIssuer.create("https://issuer.test", CLOCK);

        assertRefused(other.issue(ZTUNNEL, "istio-ca", HOUR), "which is not in");
    }

    @Test
    void verify_changedClaims_refused() {
        var token = issuer.issue(ZTUNNEL, "istio-ca", HOUR);
        var forged = issuer.issue(ZTUNNEL, "istio-ca", Duration.ofHours(9));
        var parts = token.split("\\.", -1);

        assertRefused(
                parts[0] + "." + forged.split("\\.", -1)[1] + "." + parts[2], "signature is wrong");
    }

    @Test
    void verify_notYetValid_refused() {
        var later =
                new TokenVerifier(
                        directory.resolve("jwks.json"),
                        "https://issuer.test",
                        "istio-ca",
                        Clock.fixed(NOW.minusSeconds(60), ZoneOffset.UTC));

        assertThat(later.verify(issuer.issue(ZTUNNEL, "istio-ca", HOUR)).toString())
                .contains("not valid before");
    }

    @Test
    void verify_garbage_refused() {
        assertRefused("", "not a signed JWT");
        assertRefused("a.b.c", "not a signed JWT");
        assertRefused("eyJhbGciOiJub25lIn0.e30.", "not a signed JWT");
        assertRefused("x".repeat(20_000), "20000 characters");
    }

    @Test
    void verify_keyFileReplaced_newKeysCount() throws IOException {
        verifier.verify(issuer.issue(ZTUNNEL, "istio-ca", HOUR));
        var next = TokenIssuer.create("https://issuer.test", CLOCK);
        next.saveJwks(directory.resolve("jwks.json"));
        Files.setLastModifiedTime(directory.resolve("jwks.json"), FileTime.from(NOW));

        assertThat(verifier.verify(next.issue(ZTUNNEL, "istio-ca", HOUR)))
                .isInstanceOf(TokenVerifier.Result.Valid.class);
        assertRefused(issuer.issue(ZTUNNEL, "istio-ca", HOUR), "which is not in");
    }

    @Test
    void verify_keyFileGone_lastKeysCount() throws IOException {
        verifier.verify(issuer.issue(ZTUNNEL, "istio-ca", HOUR));
        Files.delete(directory.resolve("jwks.json"));

        assertThat(verifier.verify(issuer.issue(ZTUNNEL, "istio-ca", HOUR)))
                .isInstanceOf(TokenVerifier.Result.Valid.class);
    }

    private void assertRefused(String token, String reason) {
        var result = verifier.verify(token);
        assertThat(result).isInstanceOf(TokenVerifier.Result.Refused.class);
        assertThat(result.toString()).contains(reason);
        if (token.length() > 10) {
            assertThat(result.toString()).doesNotContain(token);
        }
    }

    private static TokenVerifier verifier(Path jwks) {
        return new TokenVerifier(jwks, "https://issuer.test", "istio-ca", CLOCK);
    }
}
