package dev.ambit.control.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes service account tokens as a Kubernetes API server would: for the lab and for a mesh on a
/// laptop. Has one P-256 key; tokens are ES256.
public final class TokenIssuer {
    private final ECKey key;
    private final String issuer;
    private final Clock clock;

    private TokenIssuer(ECKey key, String issuer, Clock clock) {
        this.key = key;
        this.issuer = issuer;
        this.clock = clock;
    }

    /// With a new key.
    ///
    /// @param issuer value of the `iss` claim
    public static TokenIssuer create(String issuer, Clock clock) {
        try {
            var key = new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate();
            return new TokenIssuer(key, issuer, clock);
        } catch (JOSEException bug) {
            throw new IllegalStateException("this JVM can't make P-256 keys", bug);
        }
    }

    /// With the key that {@link #saveKey} wrote.
    ///
    /// @throws IOException when the file can't be read or is not such a key
    public static TokenIssuer load(Path keyFile, String issuer, Clock clock) throws IOException {
        try {
            return new TokenIssuer(ECKey.parse(Files.readString(keyFile)), issuer, clock);
        } catch (ParseException e) {
            throw new IOException(keyFile + ": not an EC private key as JWK: " + e.getMessage(), e);
        }
    }

    /// Writes the private key as JWK, readable by its owner only.
    public void saveKey(Path file) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, key.toJSONString());
    }

    /// Writes the public key as a JWKS, for {@link TokenVerifier}.
    public void saveJwks(Path file) throws IOException {
        Files.writeString(file, new JWKSet(key.toPublicJWK()).toString());
    }

    public String issuer() {
        return issuer;
    }

    /// @param pod name of the pod the token is projected into; empty: not bound to one
    /// @param node name of that pod's node
    public record Subject(Account account, Optional<String> pod, Optional<String> node) {
        public static Subject onNode(Account account, String pod, String node) {
            return new Subject(account, Optional.of(pod), Optional.of(node));
        }
    }

    /// @param ttl from now; may be negative, for tests of expiry
    public String issue(Subject subject, String audience, Duration ttl) {
        var now = clock.instant();
        var claims =
                new JWTClaimsSet.Builder()
                        .issuer(issuer)
                        .subject(
                                "system:serviceaccount:"
                                        + subject.account().namespace()
                                        + ":"
                                        + subject.account().name())
                        .audience(List.of(audience))
                        .issueTime(Date.from(now))
                        .notBeforeTime(Date.from(ttl.isNegative() ? now.plus(ttl) : now))
                        .expirationTime(Date.from(now.plus(ttl)))
                        .claim("kubernetes.io", kubernetes(subject))
                        .build();
        var header =
                new JWSHeader.Builder(JWSAlgorithm.ES256)
                        .type(JOSEObjectType.JWT)
                        .keyID(key.getKeyID())
                        .build();
        var token = new SignedJWT(header, claims);
        try {
            token.sign(new ECDSASigner(key));
        } catch (JOSEException bug) {
            throw new IllegalStateException("can't sign with key " + key.getKeyID(), bug);
        }
        return token.serialize();
    }

    private static Map<String, Object> kubernetes(Subject subject) {
        var claim = new HashMap<String, Object>();
        claim.put("namespace", subject.account().namespace());
        claim.put("serviceaccount", Map.of("name", subject.account().name()));
        subject.pod().ifPresent(name -> claim.put("pod", Map.of("name", name)));
        subject.node().ifPresent(name -> claim.put("node", Map.of("name", name)));
        return claim;
    }
}
