package dev.ambit.identity.ca;

import dev.ambit.identity.PeerIdentity;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.TrustBundle;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.identity.csr.Pem;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/// Reads the CA's answer: leaf, intermediates, and last the roots; and checks that it is an answer
/// to what was asked.
final class CertificateAnswer {
    private CertificateAnswer() {}

    static WorkloadCertificate read(SpiffeId id, KeyPair keys, List<String> chain) throws CaFault {
        if (chain.size() < 2) {
            throw bad(
                    "no root certificate present: "
                            + chain.size()
                            + " elements (expected: the"
                            + " certificate first and the roots last)");
        }
        var certificates = new ArrayList<X509Certificate>();
        for (var element : chain.subList(0, chain.size() - 1)) {
            certificates.add(first(element));
        }
        var leaf = certificates.getFirst();
        if (!leaf.getPublicKey().equals(keys.getPublic())) {
            throw bad("the first certificate is for another key (expected: the leaf first)");
        }
        var ids = PeerIdentity.of(leaf);
        if (ids.isEmpty() || !ids.getFirst().equals(id)) {
            throw bad("certificate for " + PeerIdentity.uris(leaf) + " (expected: " + id + ")");
        }
        for (int i = 0; i + 1 < certificates.size(); i++) {
            var issuer = certificates.get(i).getIssuerX500Principal();
            if (!issuer.equals(certificates.get(i + 1).getSubjectX500Principal())) {
                throw bad(
                        "chain in the wrong order: element "
                                + (i + 1)
                                + " did not issue element "
                                + i);
            }
        }
        return new WorkloadCertificate(id, keys.getPrivate(), certificates, roots(chain.getLast()));
    }

    private static TrustBundle roots(String text) throws CaFault {
        try {
            return new TrustBundle(Pem.certificates(text));
        } catch (CertificateException | IllegalArgumentException unreadable) {
            throw bad("roots: " + unreadable.getMessage());
        }
    }

    private static X509Certificate first(String text) throws CaFault {
        try {
            var all = Pem.certificates(text);
            if (!all.isEmpty()) {
                return all.getFirst();
            }
        } catch (CertificateException unreadable) {
            throw bad("chain: " + unreadable.getMessage());
        }
        throw bad("chain: an element without a certificate");
    }

    private static CaFault bad(String text) {
        return new CaFault(CaFault.Kind.BAD_ANSWER, "bad answer from the CA: " + text);
    }
}
