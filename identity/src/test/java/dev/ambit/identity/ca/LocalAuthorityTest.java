package dev.ambit.identity.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.identity.PeerIdentity;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalAuthorityTest {
    private static final SpiffeId WEB = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/web");
    private static final SpiffeId CART = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/cart");
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);

    private final LocalAuthority authority = LocalAuthority.create("test", CLOCK, DAY);

    private static X509Certificate first(List<String> chain) throws CertificateException {
        return Pem.certificates(chain.getFirst()).getFirst();
    }

    @Test
    void leaf_namesTheIdentity_isSignedByTheRoot_andIsNoAuthority() throws Exception {
        var request = KeyAndCsr.forIdentity(WEB);

        var leaf = first(authority.sign(request.pem(), WEB, HOUR));

        assertThat(PeerIdentity.uris(leaf)).containsExactly(WEB.uri());
        assertThat(leaf.getPublicKey()).isEqualTo(request.keys().getPublic());
        leaf.verify(authority.trust().roots().getFirst().getPublicKey());
        assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
        assertThat(leaf.getCriticalExtensionOIDs())
                .as("no subject, so the name is critical")
                .contains("2.5.29.17");
        assertThat(leaf.getNotBefore().toInstant()).isEqualTo(NOW.minus(Duration.ofMinutes(2)));
        assertThat(leaf.getNotAfter().toInstant()).isEqualTo(NOW.plus(HOUR));
    }

    @Test
    void lifetime_isKeptWithinItsLimits() throws Exception {
        var request = KeyAndCsr.forIdentity(WEB).pem();

        assertThat(first(authority.sign(request, WEB, DAY.multipliedBy(9))).getNotAfter())
                .isEqualTo(NOW.plus(DAY));
        assertThat(first(authority.sign(request, WEB, Duration.ZERO)).getNotAfter())
                .isEqualTo(NOW.plusSeconds(10));
    }

    @Test
    void requestForAnotherIdentity_isRefused_namingBoth() {
        var request = KeyAndCsr.forIdentity(CART).pem();

        assertThatThrownBy(() -> authority.sign(request, WEB, HOUR))
                .isInstanceOf(CertificateException.class)
                .hasMessageContainingAll(CART.uri(), "expected: " + WEB.uri());
    }

    @Test
    void requestWithASecondName_isRefused() throws Exception {
        var request =
                csr(
                        KeyAndCsr.newKeys(),
                        names(
                                uri(WEB.uri()),
                                new GeneralName(GeneralName.dNSName, "istiod.istio-system")));

        assertThatThrownBy(() -> authority.sign(request, WEB, HOUR))
                .isInstanceOf(CertificateException.class)
                .hasMessageContaining("istiod.istio-system");
    }

    @Test
    void requestWithoutAName_isRefused() throws Exception {
        var request = csr(KeyAndCsr.newKeys(), null);

        assertThatThrownBy(() -> authority.sign(request, WEB, HOUR))
                .isInstanceOf(CertificateException.class)
                .hasMessageContaining("request names []");
    }

    @Test
    void requestNotSignedWithItsOwnKey_isRefused() throws Exception {
        var signs = KeyAndCsr.newKeys();
        var claims = new KeyPair(KeyAndCsr.newKeys().getPublic(), signs.getPrivate());

        assertThatThrownBy(() -> authority.sign(csr(claims, names(uri(WEB.uri()))), WEB, HOUR))
                .isInstanceOf(CertificateException.class)
                .hasMessageContaining("not signed with its own key");
    }

    @Test
    void extensionRequestThatIsNone_isRefused() throws Exception {
        for (var value : List.of(new DERSet(), new DERSet(new DERUTF8String("x")))) {
            var request = csr(KeyAndCsr.newKeys(), value);

            assertThatThrownBy(() -> authority.sign(request, WEB, HOUR))
                    .isInstanceOf(CertificateException.class)
                    .hasMessageContaining("malformed certificate request");
        }
    }

    @Test
    void garbage_isRefused() {
        var unreadable =
                "-----BEGIN CERTIFICATE REQUEST-----\n%%%\n-----END CERTIFICATE REQUEST-----\n";
        for (var garbage : List.of("", "hello", unreadable, authority.trustPem())) {
            assertThatThrownBy(() -> authority.sign(garbage, WEB, HOUR))
                    .isInstanceOf(CertificateException.class);
        }
    }

    /// Whatever stands in a request: a refusal, or a certificate for nothing but the identity. (A
    /// changed byte may mean the same, such as another non-zero value of TRUE.)
    @Tag("fuzz")
    @Property(tries = 500)
    void changedRequest_isRefused_orMeansTheSame(@ForAll int at, @ForAll byte change)
            throws Exception {
        var request = KeyAndCsr.forIdentity(WEB);
        var changed = der(request.pem());
        changed[Math.floorMod(at, changed.length)] ^= change == 0 ? 1 : change;
        List<String> chain;
        try {
            chain = authority.sign(Pem.encode("CERTIFICATE REQUEST", changed), WEB, HOUR);
        } catch (CertificateException refused) {
            return;
        }
        assertThat(first(chain).getPublicKey()).isEqualTo(request.keys().getPublic());
        assertThat(PeerIdentity.uris(first(chain))).containsExactly(WEB.uri());
    }

    @Test
    void directory_keepsTheRoot_withAKeyThatOthersCantRead(@TempDir Path directory)
            throws Exception {
        var home = directory.resolve("ca");
        var made = LocalAuthority.load(home, "test", CLOCK, DAY);

        var again = LocalAuthority.load(home, "test", CLOCK, DAY);

        assertThat(again.trust()).isEqualTo(made.trust());
        first(again.sign(KeyAndCsr.forIdentity(WEB).pem(), WEB, HOUR))
                .verify(made.trust().roots().getFirst().getPublicKey());
        assertThat(Files.getPosixFilePermissions(home.resolve("root-key.pem")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void moreRoots_areBelievedAndHandedOut(@TempDir Path directory) throws Exception {
        LocalAuthority.load(directory, "test", CLOCK, DAY);
        var file = directory.resolve("root-cert.pem");
        Files.writeString(file, Files.readString(file) + authority.trustPem());

        var loaded = LocalAuthority.load(directory, "test", CLOCK, DAY);

        assertThat(loaded.trust().roots()).hasSize(2);
        assertThat(
                        Pem.certificates(
                                loaded.sign(KeyAndCsr.forIdentity(WEB).pem(), WEB, HOUR).getLast()))
                .isEqualTo(loaded.trust().roots());
    }

    @Test
    void unusableFiles_areRefusedNamingThem(@TempDir Path directory) throws Exception {
        LocalAuthority.load(directory, "test", CLOCK, DAY);
        var key = directory.resolve("root-key.pem");
        var cert = directory.resolve("root-cert.pem");
        var goodKey = Files.readString(key);
        for (var garbage : List.of("", "hello", authority.trustPem())) {
            Files.writeString(key, garbage);
            assertRefused(directory);
        }
        Files.writeString(key, goodKey);
        for (var garbage : List.of("", "hello", goodKey)) {
            Files.writeString(cert, garbage);
            assertRefused(directory);
        }
        Files.delete(cert);
        assertRefused(directory);
    }

    @Test
    void keyOfAnotherRoot_isRefused(@TempDir Path directory) throws Exception {
        LocalAuthority.load(directory, "test", CLOCK, DAY);
        Files.writeString(directory.resolve("root-cert.pem"), authority.trustPem());

        assertThatThrownBy(() -> LocalAuthority.load(directory, "test", CLOCK, DAY))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("root-key.pem is not the key of root-cert.pem");
    }

    @Test
    void serverCertificate_hasNamesAndAddresses_andShowsNoKey() throws Exception {
        var server = authority.serverCertificate(List.of("istiod.istio-system", "10.0.0.1"), HOUR);

        var chain = Pem.certificates(server.chainPem());
        assertThat(chain.getFirst().getSubjectAlternativeNames())
                .containsExactly(List.of(2, "istiod.istio-system"), List.of(7, "10.0.0.1"));
        assertThat(chain.getLast()).isEqualTo(authority.trust().roots().getFirst());
        assertThat(server.toString()).doesNotContain("PRIVATE");
    }

    private static void assertRefused(Path directory) {
        assertThatThrownBy(() -> LocalAuthority.load(directory, "test", CLOCK, DAY))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(directory.toString());
    }

    private static GeneralName uri(String uri) {
        return new GeneralName(GeneralName.uniformResourceIdentifier, uri);
    }

    private static DERSet names(GeneralName... names) throws IOException {
        var extensions = new ExtensionsGenerator();
        extensions.addExtension(Extension.subjectAlternativeName, true, new GeneralNames(names));
        return new DERSet(extensions.generate());
    }

    /// A request with this value of the extension attribute, none where it is null.
    private static String csr(KeyPair keys, @org.jspecify.annotations.Nullable DERSet value)
            throws Exception {
        var builder = new JcaPKCS10CertificationRequestBuilder(new X500Name(""), keys.getPublic());
        if (value != null) {
            builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, value.toArray());
        }
        var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
        return Pem.encode("CERTIFICATE REQUEST", builder.build(signer).getEncoded());
    }

    private static byte[] der(String pem) {
        var body = pem.lines().filter(line -> !line.startsWith("-----")).toList();
        return Base64.getDecoder()
                .decode(String.join("", body).getBytes(StandardCharsets.US_ASCII));
    }
}
