package dev.ambit.identity.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.TestAuthority;
import dev.ambit.identity.TrustBundle;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.identity.csr.Pem;
import dev.ambit.identity.revocation.Revocation;
import dev.ambit.identity.revocation.TestLists;
import dev.ambit.identity.tls.WorkloadTls.PeerCheck;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkloadTlsTest {
    private static final String WEB = "spiffe://cluster.local/ns/shop/sa/web";
    private static final String CART = "spiffe://cluster.local/ns/shop/sa/cart";
    private static final Clock CLOCK = Clock.systemUTC();
    private static final Duration HOUR = Duration.ofHours(1);

    private final TestAuthority authority = new TestAuthority("one", CLOCK);

    @Test
    void twoWorkloads_proveTheirIdentities_withThePostQuantumGroup() throws Exception {
        try (var pair = new Pair(cert(authority, WEB), cert(authority, CART))) {
            pair.handshake();

            assertThat(pair.clientResult()).isTrue();
            assertThat(pair.client.checkServer(pair.clientSession(), Set.of(SpiffeId.parse(CART))))
                    .isInstanceOfSatisfying(
                            PeerCheck.Proven.class,
                            proven -> assertThat(proven.id()).isEqualTo(SpiffeId.parse(CART)));
            assertThat(pair.server.checkClient(pair.serverSession()))
                    .isInstanceOfSatisfying(
                            PeerCheck.Proven.class,
                            proven -> assertThat(proven.id()).isEqualTo(SpiffeId.parse(WEB)));
            assertThat(pair.clientSession().getProtocol()).isEqualTo("TLSv1.3");
            assertThat(pair.clientSession().getCipherSuite())
                    .isIn("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384");
            assertThat(KeyExchangeProbe.group(pair.clientChannel)).isEqualTo("X25519MLKEM768");
            assertThat(KeyExchangeProbe.group(pair.serverChannel)).isEqualTo("X25519MLKEM768");
            assertThat(pair.clientHandler.applicationProtocol()).isEqualTo("h2");
        }
    }

    @Test
    void serverWithAnotherIdentity_isRejectedNamingBoth() throws Exception {
        try (var pair = new Pair(cert(authority, WEB), cert(authority, CART))) {
            pair.handshake();

            var check = pair.client.checkServer(pair.clientSession(), Set.of(SpiffeId.parse(WEB)));

            assertThat(check)
                    .isEqualTo(
                            new PeerCheck.Rejected(
                                    "identity verification error: peer did not present the"
                                            + " expected SAN ("
                                            + WEB
                                            + "), got "
                                            + CART));
        }
    }

    @Test
    void clientOfAnotherTrustDomain_failsTheHandshake() throws Exception {
        var stranger = cert(authority, "spiffe://other.example/ns/shop/sa/web");
        try (var pair = new Pair(stranger, cert(authority, CART))) {
            pair.handshake();

            assertThat(pair.serverFailure())
                    .contains("expected trustdomain (cluster.local), got other.example");
        }
    }

    @Test
    void clientUnderAnotherRoot_failsTheHandshake() throws Exception {
        var other = new TestAuthority("two", CLOCK);
        try (var pair = new Pair(cert(other, WEB), cert(authority, CART))) {
            pair.handshake();

            assertThat(pair.clientResult()).isFalse();
        }
    }

    @Test
    void bundleWithTwoRoots_believesBoth() throws Exception {
        var other = new TestAuthority("two", CLOCK);
        var own = cert(authority, CART);
        var roots = new ArrayList<>(own.trust().roots());
        roots.addAll(cert(other, WEB).trust().roots());
        var both =
                new WorkloadCertificate(own.id(), own.key(), own.chain(), new TrustBundle(roots));
        var client = cert(other, WEB);
        var clientBoth =
                new WorkloadCertificate(
                        client.id(), client.key(), client.chain(), new TrustBundle(roots));
        try (var pair = new Pair(clientBoth, both)) {
            pair.handshake();

            assertThat(pair.server.checkClient(pair.serverSession()))
                    .isInstanceOfSatisfying(
                            PeerCheck.Proven.class,
                            proven -> assertThat(proven.id()).isEqualTo(SpiffeId.parse(WEB)));
        }
    }

    private static TlsSettings usual() {
        return TlsSettings.usual();
    }

    @TempDir Path directory;

    private TlsSettings revoking(WorkloadCertificate... certificates) throws Exception {
        var leaves =
                Arrays.stream(certificates)
                        .map(WorkloadCertificate::leaf)
                        .toArray(X509Certificate[]::new);
        var file = directory.resolve("crl.der");
        Files.write(file, TestLists.der(directory, leaves));
        var revocation = Revocation.of(file, true, IdentityLimits.defaults());
        revocation.load();
        return new TlsSettings(false, false, revocation);
    }

    @Test
    void revokedClient_isRefusedByTheServer_revokedServerByTheClient() throws Exception {
        var mesh = TestAuthority.in(directory, "mesh", CLOCK);
        var client = cert(mesh, WEB);
        var server = cert(mesh, CART);
        try (var pair = new Pair(client, server, usual(), revoking(client))) {
            pair.handshake();
            assertThat(pair.serverFailure()).contains("revoked");
        }
        try (var pair = new Pair(client, server, revoking(server), usual())) {
            pair.handshake();
            assertThat(pair.clientFailure()).contains("revoked");
        }
        try (var pair = new Pair(client, server, revoking(), revoking())) {
            pair.handshake();
            assertThat(pair.clientResult()).isTrue();
        }
    }

    @Test
    void revokedLater_theProofSaysSo_andTheNextHandshakeFails() throws Exception {
        var mesh = TestAuthority.in(directory, "mesh", CLOCK);
        var client = cert(mesh, WEB);
        var settings = revoking();
        try (var pair = new Pair(client, cert(mesh, CART), usual(), settings)) {
            pair.handshake();
            var proven = (PeerCheck.Proven) pair.server.checkClient(pair.serverSession());
            assertThat(proven.chain().isRevoked()).isFalse();

            Files.write(directory.resolve("crl.der"), TestLists.der(directory, client.leaf()));
            settings.revocation().load();

            assertThat(proven.chain().why()).get().asString().contains("is revoked by CRL");
            assertThat(pair.server.checkClient(pair.serverSession()))
                    .as("although the chain is remembered as verified")
                    .isInstanceOf(PeerCheck.Rejected.class);
        }
    }

    @Test
    void postQuantumOnly_refusesAPeerWithoutIt() throws Exception {
        var strict = new TlsSettings(true, true, Revocation.none());
        try (var pair = new Pair(cert(authority, WEB), cert(authority, CART), strict, strict)) {
            pair.handshake();
            assertThat(KeyExchangeProbe.group(pair.serverChannel)).isEqualTo("X25519MLKEM768");
            assertThat(pair.clientResult()).isTrue();
        }
        try (var pair = new Pair(cert(authority, WEB), cert(authority, CART), usual(), strict)) {
            var classic = SSLContext.getInstance("TLS");
            classic.init(null, null, null);
            pair.clientHandler = new SslHandler(onlyX25519(classic));
            pair.handshake();
            assertThat(pair.clientResult()).isFalse();
        }
    }

    /// Issued under the mesh's own root, for a host.
    private WorkloadCertificate withoutSpiffeId() throws Exception {
        var made = authority.authority().serverCertificate(List.of("cart.example"), HOUR);
        var base64 = made.keyPem().replaceAll("-----[^-]+-----", "");
        var key =
                KeyFactory.getInstance("EC")
                        .generatePrivate(
                                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64)));
        return new WorkloadCertificate(
                SpiffeId.parse(CART),
                key,
                List.of(Pem.certificates(made.chainPem()).getFirst()),
                authority.authority().trust());
    }

    @Test
    void certificateWithoutSpiffeId_isRejectedOnEitherSide_sayingSo() throws Exception {
        try (var pair = new Pair(cert(authority, WEB), withoutSpiffeId())) {
            pair.handshake();

            assertThat(pair.client.checkServer(pair.clientSession(), Set.of(SpiffeId.parse(CART))))
                    .isInstanceOfSatisfying(
                            PeerCheck.Rejected.class,
                            rejected ->
                                    assertThat(rejected.detail())
                                            .contains(CART)
                                            .contains("got a certificate without a URI name, of"));
        }
        try (var pair = new Pair(withoutSpiffeId(), cert(authority, CART))) {
            pair.handshake();

            assertThat(pair.clientResult()).isFalse();
        }
    }

    private static SSLEngine onlyX25519(SSLContext context) {
        var engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        var parameters = engine.getSSLParameters();
        parameters.setNamedGroups(new String[] {"x25519"});
        engine.setSSLParameters(parameters);
        return engine;
    }

    @Test
    void tls12_isSpokenOnlyWhereItIsEnabled() throws Exception {
        var both = new TlsSettings(true, false, Revocation.none());
        for (boolean enabled : List.of(true, false)) {
            var server = enabled ? both : usual();
            try (var pair = new Pair(cert(authority, WEB), cert(authority, CART), both, server)) {
                pair.clientHandler.engine().setEnabledProtocols(new String[] {"TLSv1.2"});
                pair.handshake();
                assertThat(pair.clientResult()).isEqualTo(enabled);
            }
        }
        try (var pair = new Pair(cert(authority, WEB), cert(authority, CART), both, both)) {
            pair.handshake();
            assertThat(pair.clientSession().getProtocol()).isEqualTo("TLSv1.3");
        }
    }

    private static WorkloadCertificate cert(TestAuthority authority, String id) {
        return authority.issue(id, Duration.ofHours(1));
    }

    /// Two channels whose outbound bytes are each other's inbound bytes.
    private static final class Pair implements AutoCloseable {
        final WorkloadTls client;
        final WorkloadTls server;
        SslHandler clientHandler;
        final SslHandler serverHandler;
        final EmbeddedChannel clientChannel = new EmbeddedChannel();
        final EmbeddedChannel serverChannel = new EmbeddedChannel();
        private Throwable serverError;
        private Throwable clientError = new IllegalStateException("no failure");

        Pair(WorkloadCertificate client, WorkloadCertificate server) {
            this(client, server, TlsSettings.usual(), TlsSettings.usual());
        }

        Pair(
                WorkloadCertificate client,
                WorkloadCertificate server,
                TlsSettings clients,
                TlsSettings servers) {
            this.client = WorkloadTls.of(client, CLOCK, IdentityLimits.defaults(), clients);
            this.server = WorkloadTls.of(server, CLOCK, IdentityLimits.defaults(), servers);
            clientHandler = this.client.newClientHandler(clientChannel.alloc());
            serverHandler = this.server.newServerHandler(serverChannel.alloc());
            serverError = new IllegalStateException("no failure");
        }

        void handshake() throws Exception {
            serverHandler
                    .handshakeFuture()
                    .addListener(done -> {
                        if (!done.isSuccess()) {
                            serverError = done.cause();
                        }
                    });
            clientHandler
                    .handshakeFuture()
                    .addListener(done -> {
                        if (!done.isSuccess()) {
                            clientError = done.cause();
                        }
                    });
            serverChannel.pipeline().addLast(KeyExchangeProbe.onServer(), serverHandler);
            clientChannel.pipeline().addLast(KeyExchangeProbe.onClient(), clientHandler);
            for (int round = 0; round < 10; round++) {
                move(clientChannel, serverChannel);
                move(serverChannel, clientChannel);
            }
        }

        private static void move(EmbeddedChannel from, EmbeddedChannel to) {
            ByteBuf bytes;
            while ((bytes = from.readOutbound()) != null) {
                try {
                    to.writeInbound(bytes);
                } catch (Exception failed) {
                    // Told by the handshake's future.
                }
            }
        }

        boolean clientResult() {
            return serverHandler.handshakeFuture().isSuccess();
        }

        String serverFailure() {
            return text(serverError);
        }

        String clientFailure() {
            return text(clientError);
        }

        private static String text(Throwable error) {
            var text = new StringBuilder();
            for (Throwable t = error; t != null; t = t.getCause()) {
                text.append(t.getMessage()).append('\n');
            }
            return text.toString();
        }

        javax.net.ssl.SSLSession clientSession() {
            return clientHandler.engine().getSession();
        }

        javax.net.ssl.SSLSession serverSession() {
            return serverHandler.engine().getSession();
        }

        @Override
        public void close() {
            clientChannel.finishAndReleaseAll();
            serverChannel.finishAndReleaseAll();
            client.close();
            server.close();
        }
    }
}
