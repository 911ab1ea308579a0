package dev.ambit.control.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Checks tokens in the form that Kubernetes projects into pods: signature by a key of a JWKS file,
/// issuer, audience, times. ES256/384/512 and RS/PS256/384/512.
public final class TokenVerifier {
    private static final Logger LOG = LoggerFactory.getLogger(TokenVerifier.class);
    private static final int TOKEN_CHARS_MAX = 16 << 10;

    private final Path jwks;
    private final String issuer;
    private final String audience;
    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private List<JWK> keys = List.of();
    private FileTime read = FileTime.fromMillis(0);

    public TokenVerifier(Path jwks, String issuer, String audience, Clock clock) {
        this.jwks = jwks;
        this.issuer = issuer;
        this.audience = audience;
        this.clock = clock;
    }

    public sealed interface Result {
        record Valid(Caller caller) implements Result {}

        /// @param reason for the log and for the peer; never contains the token
        record Refused(String reason) implements Result {}
    }

    public Result verify(String token) {
        if (token.length() > TOKEN_CHARS_MAX) {
            return refused("token of " + token.length() + " characters (at most 16384)");
        }
        try {
            var jwt = SignedJWT.parse(token);
            var signature = signature(jwt);
            return signature.<Result>map(Result.Refused::new).orElseGet(() -> claims(jwt));
        } catch (ParseException e) {
            return refused("not a signed JWT: " + e.getMessage());
        } catch (JOSEException e) {
            return refused("signature can't be checked: " + e.getMessage());
        }
    }

    /// Why the signature does not count; empty when it does.
    private Optional<String> signature(SignedJWT jwt) throws JOSEException {
        var id = jwt.getHeader().getKeyID();
        var candidates =
                keys().stream().filter(k -> id == null || id.equals(k.getKeyID())).toList();
        if (candidates.isEmpty()) {
            return Optional.of("signed with key '" + id + "', which is not in " + jwks);
        }
        for (var key : candidates) {
            var verifier = verifier(key);
            boolean fits =
                    verifier.isPresent()
                            && verifier.get()
                                    .supportedJWSAlgorithms()
                                    .contains(jwt.getHeader().getAlgorithm());
            if (fits && jwt.verify(verifier.get())) {
                return Optional.empty();
            }
        }
        return Optional.of("signature is wrong for key '" + id + "'");
    }

    private static Optional<JWSVerifier> verifier(JWK key) throws JOSEException {
        return switch (key) {
            case ECKey ec -> Optional.of(new ECDSAVerifier(ec));
            case RSAKey rsa -> Optional.of(new RSASSAVerifier(rsa));
            // Nimbus' key types are not sealed; symmetric keys have no place in a public file.
            default -> Optional.empty();
        };
    }

    private Result claims(SignedJWT jwt) {
        JWTClaimsSet claims;
        try {
            claims = jwt.getJWTClaimsSet();
        } catch (ParseException e) {
            return refused("claims are not JSON: " + e.getMessage());
        }
        if (claims == null) {
            return refused("no claims");
        }
        if (!issuer.equals(claims.getIssuer())) {
            return refused("issuer '" + claims.getIssuer() + "' (expected: " + issuer + ")");
        }
        if (!claims.getAudience().contains(audience)) {
            return refused("audience " + claims.getAudience() + " (expected: " + audience + ")");
        }
        return times(claims).<Result>map(Result.Refused::new).orElseGet(() -> caller(claims));
    }

    private Optional<String> times(JWTClaimsSet claims) {
        var now = clock.instant();
        if (claims.getExpirationTime() == null) {
            return Optional.of("no expiry (expected: claim exp)");
        }
        var expiry = claims.getExpirationTime().toInstant();
        if (!now.isBefore(expiry)) {
            return Optional.of(
                    "expired "
                            + Duration.between(expiry, now).toSeconds()
                            + " s ago, at "
                            + expiry
                            + " (is the token file renewed, and are both clocks right?)");
        }
        if (claims.getNotBeforeTime() != null
                && now.isBefore(claims.getNotBeforeTime().toInstant())) {
            return Optional.of(
                    "not valid before "
                            + claims.getNotBeforeTime().toInstant()
                            + " (are both clocks right?)");
        }
        return Optional.empty();
    }

    private static Result caller(JWTClaimsSet claims) {
        if (!(claims.getClaim("kubernetes.io") instanceof Map<?, ?> kubernetes)) {
            return refused("no claim kubernetes.io (expected: a projected service account token)");
        }
        var namespace = kubernetes.get("namespace");
        var account = name(kubernetes, "serviceaccount");
        if (!(namespace instanceof String ns) || ns.isEmpty() || account.isEmpty()) {
            return refused("claim kubernetes.io lacks namespace or serviceaccount.name");
        }
        return new Result.Valid(
                new Caller(
                        new Account(ns, account.get()),
                        name(kubernetes, "pod"),
                        name(kubernetes, "node")));
    }

    private static Optional<String> name(Map<?, ?> kubernetes, String claim) {
        return kubernetes.get(claim) instanceof Map<?, ?> object
                        && object.get("name") instanceof String name
                        && !name.isEmpty()
                ? Optional.of(name)
                : Optional.empty();
    }

    /// The file's keys; those of before while it can't be read.
    private List<JWK> keys() {
        lock.lock();
        try {
            var modified = Files.getLastModifiedTime(jwks);
            if (!modified.equals(read)) {
                keys = JWKSet.parse(Files.readString(jwks)).getKeys();
                read = modified;
                LOG.info("tokens: {} keys from {}", keys.size(), jwks);
            }
        } catch (IOException | ParseException e) {
            LOG.warn("tokens: {} can't be read, {} keys stay: {}", jwks, keys.size(), e.toString());
        } finally {
            lock.unlock();
        }
        return keys;
    }

    private static Result refused(String reason) {
        return new Result.Refused(reason);
    }
}
