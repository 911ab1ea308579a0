package dev.ambit.control.l7.jwt;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.HashSet;
import java.util.List;

/// What issuers answer, read.
final class JwksDocuments {
    private static final String DISCOVERY = "/.well-known/openid-configuration";

    private JwksDocuments() {}

    /// Where an issuer says where its keys are (OpenID Connect Discovery 1.0, section 4).
    static URI discovery(String issuer) throws IOException {
        var base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        return http(base + DISCOVERY, "issuer");
    }

    static URI http(String text, String what) throws IOException {
        try {
            var uri = URI.create(text);
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (http && uri.getHost() != null) {
                return uri;
            }
        } catch (IllegalArgumentException notAnUri) {
            // Falls through to the refusal.
        }
        throw new IOException(
                what + " '" + text + "' can't be asked (expected: an http or https address)");
    }

    /// The `jwks_uri` of a discovery document.
    static URI keysOf(byte[] document, URI from) throws IOException {
        try {
            var json = JSONObjectUtils.parse(new String(document, StandardCharsets.UTF_8));
            var uri = json.get("jwks_uri");
            if (uri instanceof String text) {
                return http(text, "jwks_uri");
            }
            throw new IOException(from + " has no jwks_uri (expected: a discovery document)");
        } catch (ParseException e) {
            throw new IOException(from + " is no JSON object: " + e.getMessage(), e);
        }
    }

    /// As it was sent.
    ///
    /// @throws IOException when it is no set of keys: whatever else an address answers must not get
    ///   into a proxy's configuration
    static String keys(byte[] document, String from, int most) throws IOException {
        var text = new String(document, StandardCharsets.UTF_8);
        try {
            int count = JWKSet.parse(text).size();
            if (count > most) {
                throw new IOException(
                        from + " has " + count + " keys (expected: at most " + most + ")");
            }
            return text;
        } catch (ParseException e) {
            throw new IOException(
                    from
                            + " is no set of keys: "
                            + e.getMessage()
                            + " (expected: {\"keys\":[...]})",
                    e);
        }
    }

    /// Whether two sets have the same keys: an issuer that only writes them in another order has
    /// changed nothing.
    static boolean same(String one, String other) {
        if (one.equals(other)) {
            return true;
        }
        try {
            return new HashSet<>(json(one)).equals(new HashSet<>(json(other)));
        } catch (ParseException e) {
            return false;
        }
    }

    private static List<?> json(String text) throws ParseException {
        var keys = JSONObjectUtils.parse(text).get("keys");
        return keys instanceof List<?> list ? list : List.of();
    }
}
