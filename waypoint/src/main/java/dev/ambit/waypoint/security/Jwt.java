package dev.ambit.waypoint.security;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A token (RFC 7519) that could be read; whether it is genuine is another question.
///
/// @param issuer empty for none; so are `subject` and `keyId`
/// @param notBefore seconds since the epoch; 0 for none. So is `expires`
/// @param signed what the signature is of
/// @param payloadText as it came, base64url
record Jwt(
        String algorithm,
        String keyId,
        String issuer,
        String subject,
        List<String> audiences,
        long notBefore,
        long expires,
        Map<String, Object> header,
        Map<String, Object> payload,
        String payloadText,
        byte[] signed,
        byte[] signature) {

    private static final Set<String> ALGORITHMS =
            Set.of(
                    "ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512",
                    "PS256", "PS384", "PS512", "EdDSA");

    /// 2^64: numbers of claims are doubles, as in protobuf's `Struct`.
    private static final double OUT_OF_RANGE = 0x1p64;

    sealed interface Parsed {
        record Good(Jwt jwt) implements Parsed {}

        record Bad(JwtStatus status) implements Parsed {}
    }

    static Parsed parse(String token) {
        try {
            return new Parsed.Good(new Reader(token).read());
        } catch (Unreadable unreadable) {
            return new Parsed.Bad(unreadable.status);
        }
    }

    /// No stack, since strangers cause it.
    private static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1;

        private final JwtStatus status;

        Unreadable(JwtStatus status) {
            super(status.text(), null, false, false);
            this.status = status;
        }
    }

    private static final class Reader {
        private final List<String> parts;

        Reader(String token) {
            parts = parts(token);
        }

        /// Without empty ones, as Envoy splits.
        private static List<String> parts(String token) {
            var parts = new ArrayList<String>(3);
            for (int from = 0; from < token.length() && parts.size() < 4; ) {
                int dot = token.indexOf('.', from);
                int to = dot < 0 ? token.length() : dot;
                if (to > from) {
                    parts.add(token.substring(from, to));
                }
                from = to + 1;
            }
            return parts;
        }

        Jwt read() throws Unreadable {
            if (parts.size() != 3) {
                throw new Unreadable(JwtStatus.BAD_FORMAT);
            }
            var header = json(parts.get(0), JwtStatus.HEADER_BAD_BASE64, JwtStatus.HEADER_BAD_JSON);
            if (!(header.get("alg") instanceof String algorithm)) {
                throw new Unreadable(JwtStatus.HEADER_BAD_ALG);
            }
            if (!ALGORITHMS.contains(algorithm)) {
                throw new Unreadable(JwtStatus.HEADER_UNKNOWN_ALG);
            }
            var keyId = text(header, "kid", JwtStatus.HEADER_BAD_KID);
            var payload =
                    json(parts.get(1), JwtStatus.PAYLOAD_BAD_BASE64, JwtStatus.PAYLOAD_BAD_JSON);
            var issuer = text(payload, "iss", JwtStatus.ISS_NOT_STRING);
            var subject = text(payload, "sub", JwtStatus.SUB_NOT_STRING);
            seconds(payload, "iat", JwtStatus.IAT_NOT_INTEGER, JwtStatus.IAT_OUT_OF_RANGE);
            long notBefore =
                    seconds(payload, "nbf", JwtStatus.NBF_NOT_INTEGER, JwtStatus.NBF_OUT_OF_RANGE);
            long expires =
                    seconds(payload, "exp", JwtStatus.EXP_NOT_INTEGER, JwtStatus.EXP_OUT_OF_RANGE);
            text(payload, "jti", JwtStatus.JTI_NOT_STRING);
            var audiences = audiences(payload.get("aud"));
            return new Jwt(
                    algorithm,
                    keyId,
                    issuer,
                    subject,
                    audiences,
                    notBefore,
                    expires,
                    header,
                    payload,
                    parts.get(1),
                    (parts.get(0) + '.' + parts.get(1)).getBytes(US_ASCII),
                    bytes(parts.get(2), JwtStatus.SIGNATURE_BAD_BASE64));
        }

        private static Map<String, Object> json(String part, JwtStatus badBase64, JwtStatus badJson)
                throws Unreadable {
            var object = ClaimsReader.read(bytes(part, badBase64));
            if (object == null) {
                throw new Unreadable(badJson);
            }
            return object;
        }

        private static byte[] bytes(String part, JwtStatus bad) throws Unreadable {
            var bytes = decoded(part);
            if (bytes == null) {
                throw new Unreadable(bad);
            }
            return bytes;
        }

        private static String text(Map<String, Object> object, String name, JwtStatus bad)
                throws Unreadable {
            return switch (object.get(name)) {
                case null -> "";
                case String text -> text;
                default -> throw new Unreadable(bad);
            };
        }

        private static long seconds(
                Map<String, Object> object, String name, JwtStatus bad, JwtStatus outOfRange)
                throws Unreadable {
            return switch (object.get(name)) {
                case null -> 0;
                case Double number -> {
                    if (number < 0 || number >= OUT_OF_RANGE) {
                        throw new Unreadable(outOfRange);
                    }
                    // What does not fit is so far away that it makes no difference.
                    yield Math.min((long) (double) number, Long.MAX_VALUE / 2);
                }
                default -> throw new Unreadable(bad);
            };
        }

        private static List<String> audiences(@Nullable Object value) throws Unreadable {
            return switch (value) {
                case null -> List.of();
                case String one -> List.of(one);
                case List<?> list -> {
                    var all = new ArrayList<String>(list.size());
                    for (var element : list) {
                        if (!(element instanceof String text)) {
                            throw new Unreadable(JwtStatus.AUD_NOT_STRING);
                        }
                        all.add(text);
                    }
                    yield List.copyOf(all);
                }
                default -> throw new Unreadable(JwtStatus.AUD_NOT_STRING);
            };
        }
    }

    /// Base64url, padded or not; null where it is not.
    static byte @Nullable [] decoded(String text) {
        try {
            return Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }

    JwtStatus timely(long nowSeconds, long skewSeconds) {
        if (nowSeconds + skewSeconds < notBefore) {
            return JwtStatus.NOT_YET_VALID;
        }
        return expires != 0 && nowSeconds > expires + skewSeconds
                ? JwtStatus.EXPIRED
                : JwtStatus.OK;
    }

    /// A claim by its path, as `realm.role`.
    Optional<Object> claim(String path) {
        Object value = payload;
        int from = 0;
        while (from <= path.length()) {
            int dot = path.indexOf('.', from);
            int to = dot < 0 ? path.length() : dot;
            value = value instanceof Map<?, ?> map ? map.get(path.substring(from, to)) : null;
            if (value == null) {
                return Optional.empty();
            }
            from = to + 1;
        }
        return Optional.of(value);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
