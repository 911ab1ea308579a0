package dev.ambit.identity.tls;

import dev.ambit.identity.PeerIdentity;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.TrustBundle;
import dev.ambit.identity.revocation.Revocation;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/// Believes chains that lead to one of a bundle's roots, and of servers' clients only those of the
/// own trust domain. What was verified once is remembered by its leaf until that expires.
///
/// No host names: a SPIFFE id is all that such a certificate says. Revocation is asked at each
/// handshake, for the whole chain: it may have changed since.
final class ChainTrust extends X509ExtendedTrustManager {
    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    private static final String ANY_USAGE = "2.5.29.37.0";
    private static final int MAX_CHAIN = 8;

    private final TrustBundle trust;
    private final Optional<String> peerTrustDomain;
    private final Clock clock;
    private final int maxRemembered;
    private final Revocation revocation;
    private final ConcurrentHashMap<X509Certificate, Verified> verified = new ConcurrentHashMap<>();

    /// @param path from the leaf to the root
    private record Verified(List<SpiffeId> ids, List<X509Certificate> path) {}

    /// @param peerTrustDomain what a client must be of; empty on the client's side
    /// @param maxRemembered leaves
    ChainTrust(
            TrustBundle trust,
            Optional<String> peerTrustDomain,
            Clock clock,
            int maxRemembered,
            Revocation revocation) {
        this.revocation = revocation;
        this.trust = trust;
        this.peerTrustDomain = peerTrustDomain;
        this.clock = clock;
        this.maxRemembered = maxRemembered;
    }

    /// The identities of a verified leaf.
    List<SpiffeId> identities(X509Certificate leaf) {
        var known = verified.get(leaf);
        return known != null ? known.ids : PeerIdentity.of(leaf);
    }

    /// The chain that a handshake verified.
    ///
    /// @param presented by the peer
    PeerChain chain(X509Certificate[] presented) throws CertificateException {
        var known = verified.get(presented[0]);
        var path = known != null ? known.path : path(presented, Date.from(clock.instant()));
        return new PeerChain(path, revocation);
    }

    private void check(X509Certificate[] chain, String usage) throws CertificateException {
        var leaf = chain[0];
        var now = Date.from(clock.instant());
        var known = verified.get(leaf);
        if (known != null) {
            leaf.checkValidity(now);
        } else {
            checkUsage(leaf, usage);
            known = new Verified(PeerIdentity.of(leaf), path(chain, now));
            if (peerTrustDomain.isPresent()) {
                checkTrustDomain(leaf, known.ids, peerTrustDomain.get());
            }
            if (verified.size() >= maxRemembered) {
                verified.clear();
            }
            verified.put(leaf, known);
        }
        revocation.check(known.path, usage.equals(CLIENT_AUTH));
    }

    private static void checkTrustDomain(X509Certificate leaf, List<SpiffeId> ids, String expected)
            throws CertificateException {
        if (ids.stream().noneMatch(id -> id.trustDomain().equals(expected))) {
            var got = ids.isEmpty() ? PeerIdentity.described(leaf) : ids.getFirst().trustDomain();
            throw new CertificateException(
                    "identity verification error: peer did not present the expected trustdomain ("
                            + expected
                            + "), got "
                            + got);
        }
    }

    private List<X509Certificate> path(X509Certificate[] chain, Date now)
            throws CertificateException {
        if (chain.length > MAX_CHAIN) {
            throw new CertificateException(
                    "chain of " + chain.length + " (expected: at most " + MAX_CHAIN + ")");
        }
        var path = new ArrayList<X509Certificate>();
        for (int i = 0; i < chain.length; i++) {
            var certificate = chain[i];
            certificate.checkValidity(now);
            if (i > 0 && certificate.getBasicConstraints() < i - 1) {
                throw new CertificateException(
                        "element " + i + " of the chain is no authority for those before it");
            }
            path.add(certificate);
            for (var root : trust.roots()) {
                boolean isRoot = root.equals(certificate);
                if (isRoot || issued(root, certificate)) {
                    root.checkValidity(now);
                    if (!isRoot) {
                        path.add(root);
                    }
                    return path;
                }
            }
            if (i + 1 < chain.length && !issued(chain[i + 1], certificate)) {
                break;
            }
        }
        throw new CertificateException(
                "unknown issuer: "
                        + PeerIdentity.uris(chain[0])
                        + " was not issued under any of the "
                        + trust.roots().size()
                        + " trusted roots (another mesh, or a root that was replaced?)");
    }

    private static void checkUsage(X509Certificate leaf, String usage) throws CertificateException {
        try {
            var usages = leaf.getExtendedKeyUsage();
            if (usages != null && !usages.contains(usage) && !usages.contains(ANY_USAGE)) {
                throw new CertificateException(
                        "extended key usage: " + usages + " (expected: " + usage + ")");
            }
        } catch (CertificateParsingException malformed) {
            throw new CertificateException("extended key usage: malformed", malformed);
        }
    }

    private static boolean issued(X509Certificate issuer, X509Certificate certificate) {
        if (!issuer.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())
                || issuer.getBasicConstraints() < 0) {
            return false;
        }
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException otherKey) {
            return false;
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        check(chain, CLIENT_AUTH);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        check(chain, SERVER_AUTH);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
            throws CertificateException {
        check(chain, CLIENT_AUTH);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
            throws CertificateException {
        check(chain, SERVER_AUTH);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
        check(chain, CLIENT_AUTH);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
        check(chain, SERVER_AUTH);
    }

    /// None are named in the handshake: a client has one certificate and sends that.
    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
