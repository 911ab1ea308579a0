package dev.ambit.waypoint.pool;

import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/// Believes a server whose chain leads to one of these roots and whose certificate has one of the
/// names. No host names beyond that: the names are what the configuration says.
final class PeerTrust extends X509ExtendedTrustManager {
    private final @Nullable X509TrustManager chains;
    private final SanMatcher names;

    private PeerTrust(@Nullable X509TrustManager chains, SanMatcher names) {
        this.chains = chains;
        this.names = names;
    }

    /// Without roots every chain is believed, as an operator asked for; names are not looked at
    /// then, since anybody could write them.
    static PeerTrust everybody() {
        return new PeerTrust(null, new SanMatcher(java.util.List.of()));
    }

    /// @throws GeneralSecurityException where the PEM can't be used
    static PeerTrust of(Secrets.Secret.Roots roots, SanMatcher names)
            throws GeneralSecurityException {
        if (roots.roots().isBlank()) {
            return everybody();
        }
        var certificates = CertificateFactory.getInstance("X.509");
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        try {
            store.load(null, null);
        } catch (java.io.IOException impossible) {
            throw new AssertionError(impossible);
        }
        int count = 0;
        for (Certificate root : certificates.generateCertificates(bytes(roots.roots()))) {
            store.setCertificateEntry("root" + count++, root);
        }
        if (count == 0) {
            throw new CertificateException("no certificate in the PEM (expected: at least one)");
        }
        var parameters = new PKIXBuilderParameters(store, new X509CertSelector());
        parameters.setRevocationEnabled(!roots.revocationLists().isBlank());
        if (parameters.isRevocationEnabled()) {
            Collection<?> lists = certificates.generateCRLs(bytes(roots.revocationLists()));
            parameters.addCertStore(
                    CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
        }
        var factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(new CertPathTrustManagerParameters(parameters));
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager chains) {
                return new PeerTrust(chains, names);
            }
        }
        throw new CertificateException("this JDK has no PKIX trust manager");
    }

    private static ByteArrayInputStream bytes(String pem) {
        return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
    }

    private void check(X509Certificate[] chain, String authType) throws CertificateException {
        if (chains == null) {
            return;
        }
        chains.checkServerTrusted(chain, authType);
        var refusal = names.refusal(chain[0]);
        if (refusal != null) {
            throw new CertificateException(refusal);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
            throws CertificateException {
        check(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
            throws CertificateException {
        throw new CertificateException("this is a client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw new CertificateException("this is a client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("this is a client");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
