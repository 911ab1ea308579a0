package dev.ambit.identity.revocation;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.identity.FileWatch;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.TestAuthority;
import dev.ambit.identity.WorkloadCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateRevokedException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RevocationTest {
    private static final Clock CLOCK = Clock.systemUTC();

    @TempDir Path one;
    @TempDir Path two;
    @TempDir Path mounted;

    private final List<String> changes = new ArrayList<>();

    private static WorkloadCertificate cert(TestAuthority authority) {
        return authority.issue("spiffe://cluster.local/ns/shop/sa/web", Duration.ofHours(1));
    }

    private TestAuthority authority(Path directory) {
        return TestAuthority.in(directory, "mesh", CLOCK);
    }

    private static List<X509Certificate> path(WorkloadCertificate certificate) {
        var path = new ArrayList<>(certificate.chain());
        path.addAll(certificate.trust().roots());
        return path;
    }

    private Revocation loaded(boolean refuseUnreadable, byte[] bytes) throws IOException {
        Files.write(file(), bytes);
        return load(refuseUnreadable);
    }

    private Revocation load(boolean refuseUnreadable) {
        var revocation = Revocation.of(file(), refuseUnreadable, IdentityLimits.defaults());
        revocation.onChanged(() -> changes.add("changed"));
        revocation.load();
        return revocation;
    }

    private Path file() {
        return mounted.resolve("crl.pem");
    }

    @Test
    void revokedCertificate_isFound_inDerAndAmongSeveralInPem() throws Exception {
        var authority = authority(one);
        authority(two);
        var bad = cert(authority);
        var good = cert(authority);
        var list = TestLists.der(one, bad.leaf());
        var pem = TestLists.pem(List.of(TestLists.der(one), list));
        var noise = Files.readString(one.resolve("root-cert.pem")) + new String(pem, US_ASCII);

        for (var bytes : List.of(list, pem, noise.getBytes(US_ASCII))) {
            var revocation = loaded(true, bytes);

            assertThat(revocation.revoked(path(good))).isEmpty();
            assertThat(revocation.revoked(path(bad)))
                    .get()
                    .asString()
                    .contains("%x".formatted(bad.leaf().getSerialNumber()))
                    .contains("is revoked by CRL: KEY_COMPROMISE, since 2020-01-01T00:00:00Z");
            var told = new ArrayList<Boolean>();
            revocation.onRefused(told::add);
            assertThatThrownBy(() -> revocation.check(path(bad), true))
                    .isInstanceOf(CertificateRevokedException.class);
            assertThat(told).containsExactly(true);
            assertThat(revocation.refusedHandshakes(true)).isEqualTo(1);
            assertThat(revocation.refusedHandshakes(false)).isZero();
        }
    }

    @Test
    void authorityInTheMiddle_isAskedAboutToo() throws Exception {
        var authority = authority(one);
        var leaf = cert(authority).leaf();
        var root = cert(authority).trust().roots().getFirst();
        var revocation = loaded(true, TestLists.der(one, root));

        // The root stands for an intermediate that it issued itself.
        assertThat(revocation.revoked(List.of(leaf, root, root))).isPresent();
        assertThat(revocation.revoked(List.of(leaf, root))).isEmpty();
    }

    @Test
    void listThatAnotherKeySigned_refuses_unlessItSaysThatItIsAnotherKeys() throws Exception {
        var authority = authority(one);
        authority(two);
        var certificate = cert(authority);

        var unclear = loaded(true, TestLists.der(two, false, certificate.leaf()));
        assertThat(unclear.revoked(path(certificate)))
                .get()
                .asString()
                .contains("is not signed with that authority's key");

        var newKey = List.of(certificate.leaf(), TestLists.rootWithKeyIdentifier("mesh"));
        assertThat(unclear.revoked(newKey)).isPresent();
        var old = loaded(true, TestLists.der(two, true, certificate.leaf()));
        assertThat(old.revoked(newKey)).isEmpty();
    }

    @Test
    void unreadableAtStart_refusesEveryPeer_untilItIsGood() throws Exception {
        var certificate = cert(authority(one));
        var revocation = loaded(true, "not a list".getBytes(US_ASCII));

        assertThat(revocation.revoked(path(certificate))).get().asString().contains("crl.pem: ");
        assertThatThrownBy(() -> revocation.check(path(certificate), false))
                .isInstanceOf(CertificateException.class)
                .hasMessageContaining("no revocation list to check with");
        assertThat(revocation.refusedHandshakes(false)).isEqualTo(1);
        assertThat(revocation.unreadable()).isEqualTo(1);

        Files.write(file(), TestLists.der(one));
        revocation.load();
        assertThat(revocation.revoked(path(certificate))).isEmpty();
    }

    @Test
    void unreadableAtStart_refusesNobody_whereThatIsIgnored() throws Exception {
        var revocation = loaded(false, "not a list".getBytes(US_ASCII));

        assertThat(revocation.revoked(path(cert(authority(one))))).isEmpty();
    }

    @Test
    void missingFile_revokesNothing_untilItIsMounted() throws Exception {
        var certificate = cert(authority(one));
        var revocation = load(true);
        assertThat(revocation.revoked(path(certificate))).isEmpty();
        assertThat(changes).isEmpty();

        Files.write(file(), TestLists.der(one, certificate.leaf()));
        revocation.load();

        assertThat(revocation.revoked(path(certificate))).isPresent();
        assertThat(changes).hasSize(1);
    }

    @Test
    void unreadableOrMissingLater_leavesTheLastGoodLists() throws Exception {
        var certificate = cert(authority(one));
        var revocation = loaded(true, TestLists.der(one, certificate.leaf()));

        Files.write(file(), new byte[] {0x30, 1});
        revocation.load();
        assertThat(revocation.revoked(path(certificate))).isPresent();
        Files.delete(file());
        revocation.load();
        assertThat(revocation.revoked(path(certificate))).isPresent();
        assertThat(changes).hasSize(1);
    }

    @Test
    void emptyFile_orOneWithOtherBlocksOnly_revokesNothing() throws Exception {
        var certificate = cert(authority(one));
        var other = Files.readAllBytes(one.resolve("root-cert.pem"));

        assertThat(loaded(true, new byte[0]).revoked(path(certificate))).isEmpty();
        assertThat(loaded(true, other).revoked(path(certificate))).isEmpty();
    }

    @Test
    void bytesAfterAList_areRefused() throws Exception {
        authority(one);
        var list = TestLists.der(one);
        var longer = java.util.Arrays.copyOf(list, list.length + 3);

        assertThatThrownBy(() -> RevocationLists.parse(longer))
                .isInstanceOf(CRLException.class)
                .hasMessageContaining("3 bytes after a list");
    }

    /// Whatever is in the file: lists, or a `CRLException`.
    @Property(tries = 1_000)
    @Tag("fuzz")
    void anyBytes_areListsOrRefused(@ForAll long seed) throws Exception {
        var random = new Random(seed);
        var bytes = random.nextBoolean() ? SAMPLE.clone() : TestLists.pem(List.of(SAMPLE));
        for (int i = random.nextInt(8); i >= 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        if (random.nextInt(4) == 0) {
            bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
        }
        try {
            assertThat(RevocationLists.parse(bytes).count()).isBetween(0, 1);
        } catch (CRLException refused) {
            assertThat(refused).hasMessageStartingWith("revocation lists: ");
        }
    }

    private static final byte[] SAMPLE = sample();

    private static byte[] sample() {
        try {
            var directory = Files.createTempDirectory("crl");
            var certificate = cert(TestAuthority.in(directory, "mesh", CLOCK));
            var list = TestLists.der(directory, true, certificate.leaf());
            for (var name : List.of("root-key.pem", "root-cert.pem")) {
                Files.delete(directory.resolve(name));
            }
            Files.delete(directory);
            return list;
        } catch (IOException broken) {
            throw new AssertionError(broken);
        }
    }

    /// As Kubernetes replaces a mounted file: a link beside it is swapped.
    @Test
    void watch_seesALinkBeingSwapped() throws Exception {
        var looks = new LinkedBlockingQueue<String>();
        Files.createDirectory(mounted.resolve("v1"));
        Files.createDirectory(mounted.resolve("v2"));
        Files.writeString(mounted.resolve("v1/crl.pem"), "old");
        Files.writeString(mounted.resolve("v2/crl.pem"), "new");
        Files.createSymbolicLink(mounted.resolve("..data"), Path.of("v1"));
        Files.createSymbolicLink(file(), Path.of("..data/crl.pem"));
        var watch = new FileWatch(file(), Duration.ofMillis(5), () -> looks.add(content()));
        var thread = Thread.ofVirtual().start(watch);

        assertThat(looks.poll(10, TimeUnit.SECONDS)).isEqualTo("old");
        Files.createSymbolicLink(mounted.resolve("..next"), Path.of("v2"));
        Files.move(
                mounted.resolve("..next"),
                mounted.resolve("..data"),
                StandardCopyOption.ATOMIC_MOVE);
        var last = looks.poll(10, TimeUnit.SECONDS);
        while ("old".equals(last)) {
            last = looks.poll(10, TimeUnit.SECONDS);
        }
        assertThat(last).isEqualTo("new");

        thread.interrupt();
        thread.join();
    }

    private String content() {
        try {
            return Files.readString(file());
        } catch (IOException gone) {
            return "gone";
        }
    }
}
