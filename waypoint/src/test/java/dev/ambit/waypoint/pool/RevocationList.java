package dev.ambit.waypoint.pool;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;

/// A revocation list (RFC 5280 section 5.1) of an authority whose key is in a directory.
final class RevocationList {
    private static final int SEQUENCE = 0x30;
    private static final int INTEGER = 0x02;
    private static final int BITS = 0x03;
    private static final int UTC_TIME = 0x17;

    /// `ecdsa-with-SHA256`, without parameters.
    private static final byte[] ALGORITHM = HexFormat.of().parseHex("300a06082a8648ce3d040302");

    private RevocationList() {}

    static byte[] der(Path authority, X509Certificate revoked)
            throws IOException, GeneralSecurityException {
        X509Certificate root;
        try (var in = Files.newInputStream(authority.resolve("root-cert.pem"))) {
            root =
                    (X509Certificate)
                            CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
        var then = tagged(UTC_TIME, "200101000000Z".getBytes(US_ASCII));
        var entry =
                tagged(SEQUENCE, tagged(INTEGER, revoked.getSerialNumber().toByteArray()), then);
        var signed =
                tagged(
                        SEQUENCE,
                        ALGORITHM,
                        root.getSubjectX500Principal().getEncoded(),
                        then,
                        tagged(SEQUENCE, entry));
        var signing = Signature.getInstance("SHA256withECDSA");
        signing.initSign(
                KeyFactory.getInstance("EC")
                        .generatePrivate(new PKCS8EncodedKeySpec(key(authority))));
        signing.update(signed);
        return tagged(SEQUENCE, signed, ALGORITHM, tagged(BITS, new byte[] {0}, signing.sign()));
    }

    private static byte[] key(Path authority) throws IOException {
        var text =
                Files.readString(authority.resolve("root-key.pem"))
                        .replaceAll("-----[A-Z ]+-----|\\s", "");
        return Base64.getDecoder().decode(text);
    }

    private static byte[] tagged(int tag, byte[]... parts) {
        var content = new ByteArrayOutputStream();
        for (var part : parts) {
            content.writeBytes(part);
        }
        int size = content.size();
        var whole = new ByteArrayOutputStream();
        whole.write(tag);
        if (size < 0x80) {
            whole.write(size);
        } else if (size < 0x100) {
            whole.write(0x81);
            whole.write(size);
        } else {
            whole.write(0x82);
            whole.write(size >> 8);
            whole.write(size & 0xff);
        }
        whole.writeBytes(content.toByteArray());
        return whole.toByteArray();
    }
}
