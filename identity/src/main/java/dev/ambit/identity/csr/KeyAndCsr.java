package dev.ambit.identity.csr;

import dev.ambit.identity.SpiffeId;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// A new P-256 key and the request for its certificate: no subject, and one critical subject
/// alternative name, the SPIFFE URI (X.509-SVID standard, sections 2 and 4).
public record KeyAndCsr(KeyPair keys, String pem) {

    public static KeyAndCsr forIdentity(SpiffeId id) {
        try {
            var keys = newKeys();
            var san =
                    new GeneralNames(
                            new GeneralName(GeneralName.uniformResourceIdentifier, id.uri()));
            var extensions = new ExtensionsGenerator();
            extensions.addExtension(Extension.subjectAlternativeName, true, san);
            var request =
                    new JcaPKCS10CertificationRequestBuilder(new X500Name(""), keys.getPublic())
                            .addAttribute(
                                    PKCSObjectIdentifiers.pkcs_9_at_extensionRequest,
                                    extensions.generate())
                            .build(
                                    new JcaContentSignerBuilder("SHA256withECDSA")
                                            .build(keys.getPrivate()));
            return new KeyAndCsr(keys, Pem.encode("CERTIFICATE REQUEST", request.getEncoded()));
        } catch (java.io.IOException | OperatorCreationException impossible) {
            throw new IllegalStateException("certificate request for " + id, impossible);
        }
    }

    public static KeyPair newKeys() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("P-256 is in every JDK", impossible);
        }
    }
}
