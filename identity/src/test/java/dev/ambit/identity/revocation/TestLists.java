package dev.ambit.identity.revocation;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// Revocation lists as an authority with its key in a directory would sign them.
public final class TestLists {
    private TestLists() {}

    /// Long out of date, which must not matter.
    private static final Instant THEN = Instant.parse("2020-01-01T00:00:00Z");

    public static byte[] der(Path directory, X509Certificate... revoked) {
        return der(directory, false, revoked);
    }

    /// @param namesKey whether the list says with which key it was signed
    static byte[] der(Path directory, boolean namesKey, X509Certificate... revoked) {
        try {
            var root =
                    Pem.certificates(Files.readString(directory.resolve("root-cert.pem")))
                            .getFirst();
            var builder = new JcaX509v2CRLBuilder(root.getSubjectX500Principal(), Date.from(THEN));
            builder.setNextUpdate(Date.from(THEN.plusSeconds(60)));
            for (var certificate : revoked) {
                builder.addCRLEntry(
                        certificate.getSerialNumber(), Date.from(THEN), CRLReason.keyCompromise);
            }
            builder.addCRLEntry(BigInteger.ONE, Date.from(THEN), CRLReason.unspecified);
            if (namesKey) {
                builder.addExtension(
                        Extension.authorityKeyIdentifier,
                        false,
                        new JcaX509ExtensionUtils()
                                .createAuthorityKeyIdentifier(root.getPublicKey()));
            }
            var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(key(directory));
            return builder.build(signer).getEncoded();
        } catch (IOException
                | CertificateException
                | OperatorCreationException
                | java.security.NoSuchAlgorithmException broken) {
            throw new AssertionError(broken);
        }
    }

    public static byte[] pem(List<byte[]> lists) {
        var text = new StringBuilder();
        for (var list : lists) {
            text.append(Pem.encode("X509 CRL", list));
        }
        return text.toString().getBytes(US_ASCII);
    }

    /// Of the same name as others, with a key of its own.
    static X509Certificate rootWithKeyIdentifier(String name) {
        var keys = KeyAndCsr.newKeys();
        var subject = new X500Name("O=" + name);
        try {
            var builder =
                    new JcaX509v3CertificateBuilder(
                            subject,
                            BigInteger.TWO,
                            Date.from(THEN),
                            Date.from(THEN.plusSeconds(60)),
                            subject,
                            keys.getPublic());
            builder.addExtension(
                    Extension.subjectKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(
                                    new JcaContentSignerBuilder("SHA256withECDSA")
                                            .build(keys.getPrivate())));
        } catch (IOException
                | CertificateException
                | OperatorCreationException
                | java.security.NoSuchAlgorithmException broken) {
            throw new AssertionError(broken);
        }
    }

    private static PrivateKey key(Path directory) throws IOException {
        try (var parser =
                new PEMParser(Files.newBufferedReader(directory.resolve("root-key.pem")))) {
            if (parser.readObject() instanceof PrivateKeyInfo key) {
                return new JcaPEMKeyConverter().getPrivateKey(key);
            }
            throw new AssertionError("no key in " + directory);
        }
    }
}
