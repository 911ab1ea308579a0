package dev.ambit.identity.csr;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.bouncycastle.util.io.pem.PemWriter;

/// PEM (RFC 7468) in and out.
public final class Pem {
    private Pem() {}

    /// Every certificate in the text, in order; other blocks are skipped.
    ///
    /// @throws CertificateException when a block can't be read
    public static List<X509Certificate> certificates(String text) throws CertificateException {
        var all = new ArrayList<X509Certificate>();
        var factory = CertificateFactory.getInstance("X.509");
        try (var reader = new PemReader(new StringReader(text))) {
            PemObject block;
            while ((block = reader.readPemObject()) != null) {
                if (block.getType().equals("CERTIFICATE")) {
                    all.add(
                            (X509Certificate)
                                    factory.generateCertificate(
                                            new ByteArrayInputStream(block.getContent())));
                }
            }
        } catch (java.io.IOException | IllegalArgumentException malformed) {
            throw new CertificateException("PEM: " + malformed.getMessage(), malformed);
        }
        return all;
    }

    public static String encode(X509Certificate certificate) {
        try {
            return encode("CERTIFICATE", certificate.getEncoded());
        } catch (CertificateException impossible) {
            throw new IllegalStateException("certificate without encoding", impossible);
        }
    }

    public static String encode(String type, byte[] content) {
        var out = new StringWriter();
        try (var writer = new PemWriter(out)) {
            writer.writeObject(new PemObject(type, content));
        } catch (java.io.IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toString();
    }
}
