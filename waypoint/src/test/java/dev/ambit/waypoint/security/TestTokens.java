package dev.ambit.waypoint.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// An issuer with one key of each kind, made once.
public final class TestTokens {
    private static final byte[] SECRET = "a secret of thirty-two characters".getBytes(UTF_8);
    private static final KeyPair RSA = pair("RSA", "");
    private static final KeyPair P256 = pair("EC", "secp256r1");
    private static final KeyPair P384 = pair("EC", "secp384r1");
    private static final KeyPair P521 = pair("EC", "secp521r1");
    private static final KeyPair ED = pair("Ed25519", "");

    private TestTokens() {}

    private static KeyPair pair(String algorithm, String curve) {
        try {
            var generator = KeyPairGenerator.getInstance(algorithm);
            if (!curve.isEmpty()) {
                generator.initialize(new ECGenParameterSpec(curve));
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static String base64(String text) {
        return base64(text.getBytes(UTF_8));
    }

    private static String number(BigInteger number, int length) {
        var bytes = new byte[length];
        var all = number.toByteArray();
        int count = Math.min(length, all.length);
        System.arraycopy(all, all.length - count, bytes, length - count, count);
        return base64(bytes);
    }

    /// The public key for an algorithm, named after it.
    public static String jwk(String algorithm) {
        var start = "{\"kid\":\"" + algorithm + "\",\"alg\":\"" + algorithm + "\",";
        return switch (algorithm.substring(0, 2)) {
            case "RS", "PS" -> {
                var key = (RSAPublicKey) RSA.getPublic();
                yield start
                        + "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\""
                        + number(key.getModulus(), key.getModulus().bitLength() / 8)
                        + "\"}";
            }
            case "ES" -> {
                var key = (ECPublicKey) ec(algorithm).getPublic();
                int length = (key.getParams().getCurve().getField().getFieldSize() + 7) / 8;
                yield start
                        + "\"kty\":\"EC\",\"x\":\""
                        + number(key.getW().getAffineX(), length)
                        + "\",\"y\":\""
                        + number(key.getW().getAffineY(), length)
                        + "\"}";
            }
            case "HS" -> start + "\"kty\":\"oct\",\"k\":\"" + base64(SECRET) + "\"}";
            default -> start + "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + edPoint() + "\"}";
        };
    }

    private static String edPoint() {
        var point = ((EdECPublicKey) ED.getPublic()).getPoint();
        var bytes = new byte[32];
        var y = point.getY().toByteArray();
        for (int i = 0; i < Math.min(32, y.length); i++) {
            bytes[i] = y[y.length - 1 - i];
        }
        if (point.isXOdd()) {
            bytes[31] |= (byte) 0x80;
        }
        return base64(bytes);
    }

    private static KeyPair ec(String algorithm) {
        return switch (algorithm) {
            case "ES256" -> P256;
            case "ES384" -> P384;
            default -> P521;
        };
    }

    public static String jwks(String... algorithms) {
        var keys = new StringBuilder();
        for (var algorithm : algorithms) {
            keys.append(keys.isEmpty() ? "" : ",").append(jwk(algorithm));
        }
        return "{\"keys\":[" + keys + "]}";
    }

    static JwkSet set(String... algorithms) {
        return JwkSet.parse(jwks(algorithms).getBytes(UTF_8), SecurityLimits.DEFAULT).orElseThrow();
    }

    /// Signed, with the algorithm as the name of the key.
    public static String token(String algorithm, String payload) {
        return signed(
                algorithm,
                "{\"alg\":\"" + algorithm + "\",\"kid\":\"" + algorithm + "\"}",
                payload);
    }

    public static String signed(String algorithm, String header, String payload) {
        var data = base64(header) + "." + base64(payload);
        try {
            return data + "." + base64(signature(algorithm, data.getBytes(UTF_8)));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static byte[] signature(String algorithm, byte[] data) throws GeneralSecurityException {
        var bits = algorithm.substring(2);
        return switch (algorithm.substring(0, 2)) {
            case "RS" -> sign(Signature.getInstance("SHA" + bits + "withRSA"), RSA, data);
            case "PS" -> {
                var engine = Signature.getInstance("RSASSA-PSS");
                var digest = "SHA-" + bits;
                engine.setParameter(
                        new PSSParameterSpec(
                                digest,
                                "MGF1",
                                new MGF1ParameterSpec(digest),
                                Integer.parseInt(bits) / 8,
                                1));
                yield sign(engine, RSA, data);
            }
            case "ES" ->
                    sign(
                            Signature.getInstance("SHA" + bits + "withECDSAinP1363Format"),
                            ec(algorithm),
                            data);
            case "HS" -> {
                var mac = Mac.getInstance("HmacSHA" + bits);
                mac.init(new SecretKeySpec(SECRET, "HmacSHA" + bits));
                yield mac.doFinal(data);
            }
            default -> sign(Signature.getInstance("Ed25519"), ED, data);
        };
    }

    private static byte[] sign(Signature engine, KeyPair pair, byte[] data)
            throws GeneralSecurityException {
        engine.initSign(pair.getPrivate());
        engine.update(data);
        return engine.sign();
    }
}
