package dev.ambit.identity.revocation;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CRLException;
import java.security.cert.CRLReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

/// Certificate revocation lists (RFC 5280 section 5), as they were at one time.
///
/// A list speaks for the authority whose name it has and whose key signed it. A certificate that no
/// list speaks about is not revoked. An outdated list still counts: what it revoked stays revoked.
final class RevocationLists {
    static final RevocationLists NONE = new RevocationLists(List.of());

    private static final String AUTHORITY_KEY = "2.5.29.35";
    private static final String SUBJECT_KEY = "2.5.29.14";
    private static final String PEM_TYPE = "X509 CRL"; // RFC 7468 section 8

    private final Map<X500Principal, List<Signed>> byIssuer = new HashMap<>();
    private final int count;

    private RevocationLists(List<X509CRL> lists) {
        count = lists.size();
        lists.forEach(list ->
                byIssuer.computeIfAbsent(list.getIssuerX500Principal(), _ -> new ArrayList<>())
                        .add(new Signed(list)));
    }

    int count() {
        return count;
    }

    /// One list in DER, or any number in PEM among blocks of other kinds. No bytes: no lists.
    ///
    /// @throws CRLException naming what can't be understood; nothing else
    static RevocationLists parse(byte[] bytes) throws CRLException {
        try {
            return new RevocationLists(isPem(bytes) ? ofPem(bytes) : ofDer(bytes));
        } catch (java.io.IOException | GeneralSecurityException | RuntimeException malformed) {
            throw new CRLException("revocation lists: " + malformed.getMessage(), malformed);
        }
    }

    private static boolean isPem(byte[] bytes) {
        var start = new String(bytes, 0, Math.min(bytes.length, 256), ISO_8859_1).stripLeading();
        return start.startsWith("-----BEGIN");
    }

    private static List<X509CRL> ofPem(byte[] bytes)
            throws java.io.IOException, CRLException, CertificateException {
        var all = new ArrayList<X509CRL>();
        try (var reader = new PemReader(new StringReader(new String(bytes, ISO_8859_1)))) {
            PemObject block;
            while ((block = reader.readPemObject()) != null) {
                if (block.getType().equals(PEM_TYPE)) {
                    all.add(one(block.getContent()));
                }
            }
        }
        return all;
    }

    private static List<X509CRL> ofDer(byte[] bytes) throws CRLException, CertificateException {
        return bytes.length == 0 ? List.of() : List.of(one(bytes));
    }

    private static X509CRL one(byte[] der) throws CRLException, CertificateException {
        var factory = CertificateFactory.getInstance("X.509");
        if (!(factory.generateCRL(new ByteArrayInputStream(der)) instanceof X509CRL list)) {
            throw new CRLException("no X.509 list");
        }
        int length = list.getEncoded().length;
        if (length != der.length) {
            throw new CRLException((der.length - length) + " bytes after a list (expected: none)");
        }
        if (list.hasUnsupportedCriticalExtension()) {
            throw new CRLException(
                    "critical extensions "
                            + list.getCriticalExtensionOIDs()
                            + " (expected: known ones)");
        }
        return list;
    }

    /// Why a verified chain may not be believed any more.
    sealed interface Finding {
        record Revoked(X509Certificate certificate, java.util.Date since, CRLReason reason)
                implements Finding {}

        /// A list has the authority's name and is not signed with its key.
        record BadSignature(X500Principal issuer) implements Finding {}

        default String text() {
            return switch (this) {
                case Revoked(var certificate, var since, var reason) ->
                        "certificate %x of %s is revoked by CRL: %s, since %s"
                                .formatted(
                                        certificate.getSerialNumber(),
                                        certificate.getIssuerX500Principal(),
                                        reason,
                                        since.toInstant());
                case BadSignature(var issuer) ->
                        "CRL of %s is not signed with that authority's key (a list of an older"
                                        .formatted(issuer)
                                + " key needs an authority key identifier)";
            };
        }
    }

    /// @param path verified: the leaf first, each issued by the next, the root last
    Optional<Finding> check(List<X509Certificate> path) {
        if (byIssuer.isEmpty()) {
            return Optional.empty();
        }
        for (int i = 0; i + 1 < path.size(); i++) {
            var certificate = path.get(i);
            var issuer = certificate.getIssuerX500Principal();
            for (var list : byIssuer.getOrDefault(issuer, List.of())) {
                var found = list.check(certificate, path.get(i + 1));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /// One list, and who signed it, as far as that was asked.
    private static final class Signed {
        private final X509CRL list;
        private final Map<PublicKey, Boolean> verified = new ConcurrentHashMap<>();

        Signed(X509CRL list) {
            this.list = list;
        }

        Optional<Finding> check(X509Certificate certificate, X509Certificate issuer) {
            if (!verified.computeIfAbsent(issuer.getPublicKey(), this::isSignedWith)) {
                return isOfAnotherKey(issuer)
                        ? Optional.empty()
                        : Optional.of(new Finding.BadSignature(list.getIssuerX500Principal()));
            }
            var entry = list.getRevokedCertificate(certificate);
            if (entry == null || entry.getRevocationReason() == CRLReason.REMOVE_FROM_CRL) {
                return Optional.empty();
            }
            var reason = entry.getRevocationReason();
            return Optional.of(
                    new Finding.Revoked(
                            certificate,
                            entry.getRevocationDate(),
                            reason == null ? CRLReason.UNSPECIFIED : reason));
        }

        private boolean isSignedWith(PublicKey key) {
            try {
                list.verify(key);
                return true;
            } catch (GeneralSecurityException otherKey) {
                return false;
            }
        }

        /// Authorities keep their name when they get a new key; then the lists of both are here.
        private boolean isOfAnotherKey(X509Certificate issuer) {
            var signer = list.getExtensionValue(AUTHORITY_KEY);
            var own = issuer.getExtensionValue(SUBJECT_KEY);
            if (signer == null || own == null) {
                return false;
            }
            try {
                var signerKey =
                        AuthorityKeyIdentifier.getInstance(
                                        ASN1OctetString.getInstance(signer).getOctets())
                                .getKeyIdentifierOctets();
                var ownKey =
                        SubjectKeyIdentifier.getInstance(
                                        ASN1OctetString.getInstance(own).getOctets())
                                .getKeyIdentifier();
                return signerKey != null && !java.util.Arrays.equals(signerKey, ownKey);
            } catch (RuntimeException malformed) {
                return false;
            }
        }
    }
}
