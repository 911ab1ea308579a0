package dev.ambit.waypoint.xds.secret;

import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.waypoint.pool.Secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;

/// A workload's certificate as PEM text.
final class OwnIdentity {
    private static final Base64.Encoder PEM =
            Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

    private OwnIdentity() {}

    static Secret.Certificate certificate(WorkloadCertificate own) {
        return new Secret.Certificate(
                chain(own.chain()), block("PRIVATE KEY", own.key().getEncoded()));
    }

    static Secret.Roots roots(WorkloadCertificate own) {
        return new Secret.Roots(chain(own.trust().roots()), "");
    }

    private static String chain(List<X509Certificate> certificates) {
        var text = new StringBuilder();
        for (var certificate : certificates) {
            try {
                text.append(block("CERTIFICATE", certificate.getEncoded()));
            } catch (CertificateEncodingException impossible) {
                throw new IllegalStateException("a certificate without bytes", impossible);
            }
        }
        return text.toString();
    }

    private static String block(String label, byte[] bytes) {
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                .formatted(label, PEM.encodeToString(bytes), label);
    }
}
