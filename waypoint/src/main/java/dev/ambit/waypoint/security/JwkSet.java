package dev.ambit.waypoint.security;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An issuer's keys (RFC 7517 section 5), and the tokens that they have verified: what one key set
/// believed says nothing about the next one's.
public final class JwkSet {
    private static final String CERTIFICATE = "-----BEGIN CERTIFICATE-----\n";

    private final List<Jwk> keys;
    private final TokenCache verified;

    private JwkSet(List<Jwk> keys, SecurityLimits limits) {
        this.keys = List.copyOf(keys);
        verified = new TokenCache(limits);
    }

    /// Keys that can't be used are left out, as Envoy does: an issuer may have keys for others.
    ///
    /// @param json `{"keys": [..]}`, or certificates by key name, as some issuers publish them
    /// @return empty where there is not one that can be used
    public static Optional<JwkSet> parse(byte[] json, SecurityLimits limits) {
        var object = ClaimsReader.read(json);
        if (object == null) {
            return Optional.empty();
        }
        var keys = object.containsKey("keys") ? jwks(object.get("keys")) : certificates(object);
        return keys.isEmpty() || keys.size() > limits.keys()
                ? Optional.empty()
                : Optional.of(new JwkSet(keys, limits));
    }

    private static List<Jwk> jwks(@Nullable Object list) {
        var keys = new ArrayList<Jwk>();
        if (list instanceof List<?> elements) {
            for (var element : elements) {
                var key = element instanceof Map<?, ?> map ? Jwk.of(map) : null;
                if (key != null) {
                    keys.add(key);
                }
            }
        }
        return keys;
    }

    private static List<Jwk> certificates(Map<String, Object> object) {
        var keys = new ArrayList<Jwk>();
        for (var entry : object.entrySet()) {
            if (!(entry.getValue() instanceof String pem) || !pem.startsWith(CERTIFICATE)) {
                return List.of();
            }
            try {
                var certificate =
                        CertificateFactory.getInstance("X.509")
                                .generateCertificate(
                                        new ByteArrayInputStream(pem.getBytes(US_ASCII)));
                if (!certificate.getPublicKey().getAlgorithm().equals("RSA")) {
                    return List.of();
                }
                var key = new Jwk.Material.Rsa(certificate.getPublicKey());
                keys.add(new Jwk(entry.getKey(), "", key));
            } catch (CertificateException malformed) {
                return List.of();
            }
        }
        return keys;
    }

    int size() {
        return keys.size();
    }

    /// The token as it was verified before; null where it must be verified.
    @Nullable Jwt known(String token) {
        return verified.get(token);
    }

    void remember(String token, Jwt jwt) {
        verified.put(token, jwt);
    }

    JwtStatus verify(Jwt jwt) {
        boolean one = false;
        for (int i = 0; i < keys.size(); i++) {
            var key = keys.get(i);
            if (!key.suits(jwt)) {
                continue;
            }
            one = true;
            var status = key.verify(jwt);
            if (status != JwtStatus.VERIFICATION_FAILED) {
                return status;
            }
        }
        return one ? JwtStatus.VERIFICATION_FAILED : JwtStatus.NO_KEY_MATCHES;
    }
}
