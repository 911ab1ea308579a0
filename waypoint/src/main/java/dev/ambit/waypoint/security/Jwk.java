package dev.ambit.waypoint.security;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Map;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// A key that verifies signatures (RFC 7517), with the JDK's cryptography.
///
/// @param keyId empty for one that has no name
/// @param algorithm empty for every algorithm that the key can
record Jwk(String keyId, String algorithm, Material material) {
    /// Others are refused by Envoy too: exponents are a place for mistakes.
    private static final Set<BigInteger> EXPONENTS =
            Set.of(BigInteger.valueOf(3), BigInteger.valueOf(65_537));

    private static final int ED25519_KEY = 32;
    private static final int ED25519_SIGNATURE = 64;

    sealed interface Material {
        record Rsa(PublicKey key) implements Material {}

        record Ec(PublicKey key) implements Material {}

        record Ed25519(PublicKey key) implements Material {}

        final class Secret implements Material {
            private final byte[] bytes;

            Secret(byte[] bytes) {
                this.bytes = bytes.clone();
            }

            private byte[] code(String mac, byte[] data) throws GeneralSecurityException {
                var engine = Mac.getInstance(mac);
                engine.init(new SecretKeySpec(bytes, mac));
                return engine.doFinal(data);
            }
        }
    }

    /// Null for a key that can't be used.
    static @Nullable Jwk of(Map<?, ?> json) {
        var keyId = json.get("kid") instanceof String text ? text : "";
        var algorithm = json.get("alg") instanceof String text ? text : "";
        try {
            var material =
                    switch (json.get("kty") instanceof String type ? type : "") {
                        case "RSA" -> rsa(json, algorithm);
                        case "EC" -> ec(json, algorithm);
                        case "oct" -> secret(json, algorithm);
                        case "OKP" -> ed25519(json, algorithm);
                        default -> null;
                    };
            return material == null ? null : new Jwk(keyId, algorithm, material);
        } catch (GeneralSecurityException unusable) {
            return null;
        }
    }

    private static @Nullable Material rsa(Map<?, ?> json, String algorithm)
            throws GeneralSecurityException {
        var n = number(json.get("n"));
        var e = number(json.get("e"));
        boolean fits =
                algorithm.isEmpty() || algorithm.startsWith("RS") || algorithm.startsWith("PS");
        if (n == null || e == null || !EXPONENTS.contains(e) || !fits) {
            return null;
        }
        var key = KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(n, e));
        return new Material.Rsa(key);
    }

    private static @Nullable Material ec(Map<?, ?> json, String algorithm)
            throws GeneralSecurityException {
        var curve = curve(json.get("crv"), algorithm);
        var x = number(json.get("x"));
        var y = number(json.get("y"));
        if (curve == null || x == null || y == null) {
            return null;
        }
        var parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec(curve));
        var spec = parameters.getParameterSpec(ECParameterSpec.class);
        var key =
                onCurve(x, y, spec)
                        ? KeyFactory.getInstance("EC")
                                .generatePublic(new ECPublicKeySpec(new ECPoint(x, y), spec))
                        : null;
        return key == null ? null : new Material.Ec(key);
    }

    /// The JDK's name of the curve that the two fields agree on; null where they do not.
    private static @Nullable String curve(@Nullable Object named, String algorithm) {
        var byAlgorithm =
                switch (algorithm) {
                    case "ES256" -> "P-256";
                    case "ES384" -> "P-384";
                    case "ES512" -> "P-521";
                    default -> "";
                };
        if (!algorithm.isEmpty() && byAlgorithm.isEmpty()) {
            return null;
        }
        if (named != null && !(named instanceof String)) {
            return null;
        }
        var chosen = named instanceof String text ? text : byAlgorithm;
        if (!byAlgorithm.isEmpty() && !byAlgorithm.equals(chosen)) {
            return null;
        }
        return switch (chosen) {
            case "", "P-256" -> "secp256r1";
            case "P-384" -> "secp384r1";
            case "P-521" -> "secp521r1";
            default -> null;
        };
    }

    private static boolean onCurve(BigInteger x, BigInteger y, ECParameterSpec spec) {
        var curve = spec.getCurve();
        if (!(curve.getField() instanceof ECFieldFp field)) {
            return false;
        }
        var p = field.getP();
        if (x.compareTo(p) >= 0 || y.compareTo(p) >= 0) {
            return false;
        }
        var right = x.pow(3).add(curve.getA().multiply(x)).add(curve.getB()).mod(p);
        return y.pow(2).mod(p).equals(right);
    }

    private static @Nullable Material secret(Map<?, ?> json, String algorithm) {
        boolean fits =
                switch (algorithm) {
                    case "", "HS256", "HS384", "HS512" -> true;
                    default -> false;
                };
        var bytes = bytes(json.get("k"));
        return bytes == null || bytes.length == 0 || !fits ? null : new Material.Secret(bytes);
    }

    private static @Nullable Material ed25519(Map<?, ?> json, String algorithm)
            throws GeneralSecurityException {
        var x = bytes(json.get("x"));
        boolean fits = algorithm.isEmpty() || algorithm.equals("EdDSA");
        if (x == null || x.length != ED25519_KEY || !fits || !"Ed25519".equals(json.get("crv"))) {
            return null;
        }
        // Little-endian, the sign of the other coordinate in the highest bit (RFC 8032 section
        // 5.1.2).
        var big = new byte[x.length];
        for (int i = 0; i < x.length; i++) {
            big[i] = x[x.length - 1 - i];
        }
        boolean odd = big[0] < 0;
        big[0] &= 0x7f;
        var spec =
                new EdECPublicKeySpec(
                        NamedParameterSpec.ED25519, new EdECPoint(odd, new BigInteger(1, big)));
        return new Material.Ed25519(KeyFactory.getInstance("Ed25519").generatePublic(spec));
    }

    private static byte @Nullable [] bytes(@Nullable Object value) {
        return value instanceof String text ? Jwt.decoded(text) : null;
    }

    private static @Nullable BigInteger number(@Nullable Object value) {
        var bytes = bytes(value);
        return bytes == null || bytes.length == 0 ? null : new BigInteger(1, bytes);
    }

    /// Whether the token may be by this key, going by names alone.
    boolean suits(Jwt jwt) {
        boolean named = !jwt.keyId().isEmpty() && !keyId.isEmpty();
        return (!named || keyId.equals(jwt.keyId()))
                && (algorithm.isEmpty() || algorithm.equals(jwt.algorithm()));
    }

    /// `OK`, or why not. An algorithm of another kind of key is never tried.
    JwtStatus verify(Jwt jwt) {
        var alg = jwt.algorithm();
        try {
            boolean genuine =
                    switch (material) {
                        case Material.Rsa(var key) when alg.startsWith("RS") ->
                                verified("SHA" + alg.substring(2) + "withRSA", key, jwt);
                        case Material.Rsa(var key) when alg.startsWith("PS") -> pss(key, jwt);
                        case Material.Ec(var key) when alg.startsWith("ES") ->
                                verified(
                                        "SHA" + alg.substring(2) + "withECDSAinP1363Format",
                                        key,
                                        jwt);
                        case Material.Ed25519(var key) when alg.equals("EdDSA") -> {
                            if (jwt.signature().length != ED25519_SIGNATURE) {
                                yield false;
                            }
                            yield verified("Ed25519", key, jwt);
                        }
                        case Material.Secret secret when alg.startsWith("HS") ->
                                MessageDigest.isEqual(
                                        secret.code("HmacSHA" + alg.substring(2), jwt.signed()),
                                        jwt.signature());
                        default -> false;
                    };
            if (genuine) {
                return JwtStatus.OK;
            }
        } catch (GeneralSecurityException malformed) {
            // A signature of the wrong length, for one.
            return JwtStatus.VERIFICATION_FAILED;
        }
        boolean wrongLength =
                material instanceof Material.Ed25519 && jwt.signature().length != ED25519_SIGNATURE;
        return wrongLength ? JwtStatus.ED25519_WRONG_LENGTH : JwtStatus.VERIFICATION_FAILED;
    }

    private static boolean verified(String name, PublicKey key, Jwt jwt)
            throws GeneralSecurityException {
        var engine = Signature.getInstance(name);
        engine.initVerify(key);
        engine.update(jwt.signed());
        return engine.verify(jwt.signature());
    }

    /// The salt is as long as the digest (RFC 7518 section 3.5).
    private static boolean pss(PublicKey key, Jwt jwt) throws GeneralSecurityException {
        int bits = Integer.parseInt(jwt.algorithm(), 2, 5, 10);
        var digest = "SHA-" + bits;
        var engine = Signature.getInstance("RSASSA-PSS");
        engine.setParameter(
                new PSSParameterSpec(digest, "MGF1", new MGF1ParameterSpec(digest), bits / 8, 1));
        engine.initVerify(key);
        engine.update(jwt.signed());
        return engine.verify(jwt.signature());
    }
}
