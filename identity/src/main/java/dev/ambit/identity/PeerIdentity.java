package dev.ambit.identity;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/// Reads SPIFFE ids out of certificates.
public final class PeerIdentity {
    private static final Integer URI = 6; // GeneralName, RFC 5280 section 4.2.1.6

    private PeerIdentity() {}

    /// Every URI name that is a SPIFFE id of the expected form, in the certificate's order.
    public static List<SpiffeId> of(X509Certificate certificate) {
        var ids = new ArrayList<SpiffeId>();
        for (var uri : uris(certificate)) {
            SpiffeId.tryParse(uri).ifPresent(ids::add);
        }
        return ids;
    }

    /// For messages about a certificate that is not the expected one: its first SPIFFE id; without
    /// one, what it has instead.
    public static String described(X509Certificate certificate) {
        var uris = uris(certificate);
        if (uris.isEmpty()) {
            return "a certificate without a URI name, of " + certificate.getSubjectX500Principal();
        }
        return of(certificate).stream()
                .findFirst()
                .map(SpiffeId::uri)
                .orElseGet(() -> uris + ", none of which is a SPIFFE id");
    }

    public static List<String> uris(X509Certificate certificate) {
        var uris = new ArrayList<String>();
        try {
            var names = certificate.getSubjectAlternativeNames();
            if (names != null) {
                for (var name : names) {
                    if (URI.equals(name.get(0))) {
                        uris.add((String) name.get(1));
                    }
                }
            }
        } catch (CertificateParsingException malformed) {
            return List.of();
        }
        return uris;
    }
}
