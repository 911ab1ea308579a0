package dev.ambit.identity.ca;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Locale;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/// Accepts a server whose chain is good and whose certificate has the name that was dialled, or one
/// other. Nothing else is relaxed.
final class EitherNameTrust extends X509ExtendedTrustManager {
    private static final int DNS_NAME = 2;

    private final X509ExtendedTrustManager chains;
    private final String otherName;

    EitherNameTrust(X509ExtendedTrustManager chains, String otherName) {
        this.chains = chains;
        this.otherName = otherName;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        try {
            chains.checkServerTrusted(chain, authType, engine);
        } catch (CertificateException notByTheFirstName) {
            orByTheOther(chain, authType, notByTheFirstName);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        try {
            chains.checkServerTrusted(chain, authType, socket);
        } catch (CertificateException notByTheFirstName) {
            orByTheOther(chain, authType, notByTheFirstName);
        }
    }

    private void orByTheOther(X509Certificate[] chain, String authType, CertificateException why)
            throws CertificateException {
        if (!named(chain[0])) {
            throw why;
        }
        // Without an engine: the chain alone, whatever the name.
        chains.checkServerTrusted(chain, authType);
    }

    /// By a DNS name of the certificate; a `*` stands for one whole first label (RFC 6125).
    boolean named(X509Certificate certificate) throws CertificateException {
        var names = certificate.getSubjectAlternativeNames();
        if (names == null) {
            return false;
        }
        var wanted = otherName.toLowerCase(Locale.ROOT);
        for (var entry : names) {
            if (entry.get(0).equals(DNS_NAME) && entry.get(1) instanceof String name) {
                var has = name.toLowerCase(Locale.ROOT);
                int dot = wanted.indexOf('.');
                boolean wildcard =
                        has.startsWith("*.")
                                && dot > 0
                                && has.substring(1).equals(wanted.substring(dot));
                if (has.equals(wanted) || wildcard) {
                    return true;
                }
            }
        }
        return false;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
            throws CertificateException {
        throw new CertificateException("a server's name can't be checked without its connection");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
            throws CertificateException {
        throw new CertificateException("the control plane is no client");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return chains.getAcceptedIssuers();
    }
}
