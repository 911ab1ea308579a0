package dev.ambit.identity;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// The proof of one identity: key, chain, and whom it believes.
///
/// @param chain leaf first, then intermediates, without a root
public record WorkloadCertificate(
        SpiffeId id, PrivateKey key, List<X509Certificate> chain, TrustBundle trust) {
    public WorkloadCertificate {
        chain = List.copyOf(chain);
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("chain: [] (expected: at least the leaf)");
        }
    }

    public X509Certificate leaf() {
        return chain.getFirst();
    }

    public Instant notBefore() {
        return leaf().getNotBefore().toInstant();
    }

    public Instant notAfter() {
        return leaf().getNotAfter().toInstant();
    }

    public boolean validAt(Instant time) {
        return !time.isBefore(notBefore()) && time.isBefore(notAfter());
    }

    /// Half of its life.
    public Instant renewAt() {
        return notBefore().plus(Duration.between(notBefore(), notAfter()).dividedBy(2));
    }

    /// The same proof, believing other roots.
    public WorkloadCertificate believing(TrustBundle roots) {
        return new WorkloadCertificate(id, key, chain, roots);
    }

    /// Without the key.
    @Override
    public String toString() {
        return "WorkloadCertificate["
                + id
                + ", serial "
                + leaf().getSerialNumber()
                + ", until "
                + notAfter()
                + "]";
    }
}
