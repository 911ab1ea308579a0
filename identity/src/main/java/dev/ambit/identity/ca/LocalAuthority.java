package dev.ambit.identity.ca;

import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.TrustBundle;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/// A certificate authority in a directory: a self-signed P-256 root, and what it signs. It decides
/// nothing about who may have what: its caller does.
public final class LocalAuthority {
    /// Clocks of nodes may run behind this one by as much.
    private static final Duration CLOCK_SKEW = Duration.ofMinutes(2);

    private static final Duration ROOT_LIFE = Duration.ofDays(3650);
    private static final Duration LEAST_TTL = Duration.ofSeconds(10);

    private final KeyPair keys;
    private final X509Certificate root;
    private final List<X509Certificate> believed;
    private final Clock clock;
    private final Duration maxTtl;
    private final SecureRandom serials = new SecureRandom();

    private LocalAuthority(
            KeyPair keys,
            X509Certificate root,
            List<X509Certificate> believed,
            Clock clock,
            Duration maxTtl) {
        this.keys = keys;
        this.root = root;
        this.believed = List.copyOf(believed);
        this.clock = clock;
        this.maxTtl = maxTtl;
    }

    /// With a new root that is written nowhere.
    public static LocalAuthority create(String name, Clock clock, Duration maxTtl) {
        var keys = KeyAndCsr.newKeys();
        var subject = new X500Name("O=" + name);
        var now = clock.instant();
        try {
            var builder =
                    new JcaX509v3CertificateBuilder(
                            subject,
                            new BigInteger(120, new SecureRandom()),
                            Date.from(now.minus(CLOCK_SKEW)),
                            Date.from(now.plus(ROOT_LIFE)),
                            subject,
                            keys.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            var root = sign(builder, keys.getPrivate());
            return new LocalAuthority(keys, root, List.of(root), clock, maxTtl);
        } catch (IOException | OperatorCreationException | CertificateException impossible) {
            throw new IllegalStateException("root certificate", impossible);
        }
    }

    /// The root in `directory` (`root-key.pem`, `root-cert.pem`), made there if there is none. More
    /// certificates in `root-cert.pem` after the first are believed, and handed out, too.
    ///
    /// @throws IOException naming the file, when it is there and can't be used
    public static LocalAuthority load(Path directory, String name, Clock clock, Duration maxTtl)
            throws IOException {
        var keyFile = directory.resolve("root-key.pem");
        var certFile = directory.resolve("root-cert.pem");
        if (!Files.exists(keyFile) && !Files.exists(certFile)) {
            var fresh = create(name, clock, maxTtl);
            Files.createDirectories(directory);
            write(keyFile, Pem.encode("PRIVATE KEY", fresh.keys.getPrivate().getEncoded()), true);
            write(certFile, Pem.encode(fresh.root), false);
            return fresh;
        }
        var all = certificates(certFile);
        var keys = new KeyPair(all.getFirst().getPublicKey(), privateKey(keyFile));
        if (!belongTogether(keys)) {
            throw new IOException(
                    directory + ": root-key.pem is not the key of root-cert.pem's first entry");
        }
        return new LocalAuthority(keys, all.getFirst(), all, clock, maxTtl);
    }

    private static List<X509Certificate> certificates(Path file) throws IOException {
        try {
            var all = Pem.certificates(Files.readString(file));
            if (all.isEmpty()) {
                throw new IOException(file + ": no certificate in it");
            }
            return all;
        } catch (CertificateException unreadable) {
            throw new IOException(file + ": " + unreadable.getMessage(), unreadable);
        }
    }

    private static PrivateKey privateKey(Path file) throws IOException {
        try (var parser = new PEMParser(Files.newBufferedReader(file))) {
            if (parser.readObject() instanceof PrivateKeyInfo key) {
                return new JcaPEMKeyConverter().getPrivateKey(key);
            }
        } catch (NoSuchFileException missing) {
            throw missing;
        } catch (IOException | RuntimeException unreadable) {
            throw new IOException(file + ": " + unreadable.getMessage(), unreadable);
        }
        throw new IOException(file + ": no key in it (expected: PRIVATE KEY, PKCS #8)");
    }

    /// Else everything that is signed would be believed by nobody.
    private static boolean belongTogether(KeyPair keys) {
        try {
            var signing = Signature.getInstance("SHA256withECDSA");
            var probe = new byte[] {1};
            signing.initSign(keys.getPrivate());
            signing.update(probe);
            var signed = signing.sign();
            signing.initVerify(keys.getPublic());
            signing.update(probe);
            return signing.verify(signed);
        } catch (java.security.GeneralSecurityException notEvenAlike) {
            return false;
        }
    }

    public TrustBundle trust() {
        return new TrustBundle(believed);
    }

    /// PEM of every root that is believed.
    public String trustPem() {
        var out = new StringBuilder();
        believed.forEach(certificate -> out.append(Pem.encode(certificate)));
        return out.toString();
    }

    /// Signs a request for exactly this identity.
    ///
    /// @param ttl shortened to the limit
    /// @return the certificate, and last the roots, as the CA's answer has them
    /// @throws CertificateException when the request is malformed or asks for another identity
    public List<String> sign(String csrPem, SpiffeId id, Duration ttl) throws CertificateException {
        var request = read(csrPem);
        var asked = names(request);
        if (!asked.equals(List.of(id.uri()))) {
            throw new CertificateException("request names " + asked + " (expected: " + id + ")");
        }
        try {
            var leaf =
                    leaf(
                            request.getPublicKey(),
                            new GeneralNames(
                                    new GeneralName(
                                            GeneralName.uniformResourceIdentifier, id.uri())),
                            new X500Name(""),
                            ttl);
            return List.of(Pem.encode(leaf), trustPem());
        } catch (java.security.GeneralSecurityException
                | IOException
                | OperatorCreationException failed) {
            throw new CertificateException(
                    "signing for " + id + ": " + failed.getMessage(), failed);
        }
    }

    /// A certificate and key for a TLS server of the control plane, as PEM.
    ///
    /// @param names DNS names and IP addresses
    public ServerCertificate serverCertificate(List<String> names, Duration ttl) {
        var keys = KeyAndCsr.newKeys();
        var sans = new ArrayList<GeneralName>();
        for (var name : names) {
            boolean ip = io.netty.util.NetUtil.createByteArrayFromIpAddressString(name) != null;
            sans.add(new GeneralName(ip ? GeneralName.iPAddress : GeneralName.dNSName, name));
        }
        try {
            var leaf =
                    leaf(
                            keys.getPublic(),
                            new GeneralNames(sans.toArray(GeneralName[]::new)),
                            new X500Name("O=Ambit control plane"),
                            ttl);
            return new ServerCertificate(
                    Pem.encode(leaf) + Pem.encode(root),
                    Pem.encode("PRIVATE KEY", keys.getPrivate().getEncoded()));
        } catch (java.security.GeneralSecurityException
                | IOException
                | OperatorCreationException impossible) {
            throw new IllegalStateException("server certificate", impossible);
        }
    }

    public record ServerCertificate(String chainPem, String keyPem) {
        /// Without the key.
        @Override
        public String toString() {
            return "ServerCertificate[" + chainPem.length() + " bytes of PEM]";
        }
    }

    private X509Certificate leaf(PublicKey key, GeneralNames names, X500Name subject, Duration ttl)
            throws IOException, OperatorCreationException, CertificateException {
        Instant now = clock.instant();
        var life = ttl.compareTo(maxTtl) > 0 ? maxTtl : ttl;
        if (life.compareTo(LEAST_TTL) < 0) {
            life = LEAST_TTL;
        }
        var builder =
                new JcaX509v3CertificateBuilder(
                        X500Name.getInstance(root.getSubjectX500Principal().getEncoded()),
                        new BigInteger(120, serials),
                        Date.from(now.minus(CLOCK_SKEW)),
                        Date.from(now.plus(life)),
                        subject,
                        key);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(
                Extension.keyUsage,
                true,
                new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment));
        builder.addExtension(
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(
                        new KeyPurposeId[] {
                            KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                        }));
        // Critical where there is no subject (RFC 5280 section 4.2.1.6).
        boolean critical = subject.getRDNs().length == 0;
        builder.addExtension(Extension.subjectAlternativeName, critical, names);
        return sign(builder, keys.getPrivate());
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key)
            throws OperatorCreationException, CertificateException {
        return new JcaX509CertificateConverter()
                .getCertificate(
                        builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    }

    private static JcaPKCS10CertificationRequest read(String pem) throws CertificateException {
        try (var parser = new PEMParser(new StringReader(pem))) {
            if (!(parser.readObject() instanceof PKCS10CertificationRequest parsed)) {
                throw new CertificateException("not a PEM certificate request");
            }
            var request = new JcaPKCS10CertificationRequest(parsed);
            var verifier = new JcaContentVerifierProviderBuilder().build(request.getPublicKey());
            if (!request.isSignatureValid(verifier)) {
                throw new CertificateException("request is not signed with its own key");
            }
            return request;
        } catch (IOException
                | OperatorCreationException
                | PKCSException
                | java.security.GeneralSecurityException
                | RuntimeException malformed) {
            if (malformed instanceof CertificateException already) {
                throw already;
            }
            throw new CertificateException(
                    "malformed certificate request: " + malformed.getMessage(), malformed);
        }
    }

    private static List<String> names(PKCS10CertificationRequest request)
            throws CertificateException {
        try {
            return subjectAlternativeNames(request);
        } catch (RuntimeException malformed) {
            // Nested structures are parsed on access, and say so by whatever was thrown.
            throw new CertificateException(
                    "malformed certificate request: names: " + malformed.getMessage(), malformed);
        }
    }

    private static List<String> subjectAlternativeNames(PKCS10CertificationRequest request) {
        var uris = new ArrayList<String>();
        for (var attribute :
                request.getAttributes(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest)) {
            var extensions = Extensions.getInstance(attribute.getAttrValues().getObjectAt(0));
            var names = GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName);
            if (names != null) {
                for (var name : names.getNames()) {
                    uris.add(String.valueOf(name.getName()));
                }
            }
        }
        return uris;
    }

    private static void write(Path file, String text, boolean secret) throws IOException {
        var part = file.resolveSibling(file.getFileName() + ".part");
        Files.deleteIfExists(part);
        Files.createFile(
                part,
                PosixFilePermissions.asFileAttribute(
                        PosixFilePermissions.fromString(secret ? "rw-------" : "rw-r--r--")));
        Files.writeString(part, text);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
