package dev.ambit.identity.tls;

import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.PeerIdentity;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.WorkloadCertificate;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/// Both TLS contexts of one workload certificate: built once, used for every connection until the
/// certificate is replaced. TLS 1.3 on BoringSSL, AES-GCM (BoringSSL itself puts the 128-bit suite
/// first where the CPU has AES instructions), ALPN `h2`; the first key exchange that is offered is
/// the post-quantum hybrid X25519MLKEM768.
///
/// The contexts are native memory. `close` drops this holder's reference; connections keep theirs.
public final class WorkloadTls implements AutoCloseable {
    private static final List<String> SUITES =
            List.of("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256");
    private static final String[] GROUPS = {"X25519MLKEM768", "X25519", "P-256"};

    private final WorkloadCertificate certificate;
    private final SslContext client;
    private final SslContext server;
    private final ChainTrust serverTrust;
    private final ChainTrust clientTrust;

    private WorkloadTls(
            WorkloadCertificate certificate,
            SslContext client,
            SslContext server,
            ChainTrust clientTrust,
            ChainTrust serverTrust) {
        this.certificate = certificate;
        this.client = client;
        this.server = server;
        this.clientTrust = clientTrust;
        this.serverTrust = serverTrust;
    }

    public static WorkloadTls of(
            WorkloadCertificate certificate, Clock clock, IdentityLimits limits) {
        var trust = certificate.trust();
        int remembered = limits.verifiedPeers();
        var believesServers = new ChainTrust(trust, Optional.empty(), clock, remembered);
        var believesClients =
                new ChainTrust(
                        trust, Optional.of(certificate.id().trustDomain()), clock, remembered);
        var chain = certificate.chain().toArray(X509Certificate[]::new);
        try {
            var client =
                    common(SslContextBuilder.forClient().keyManager(certificate.key(), chain))
                            .trustManager(believesServers)
                            .endpointIdentificationAlgorithm(null)
                            .build();
            var server =
                    common(SslContextBuilder.forServer(certificate.key(), chain))
                            .trustManager(believesClients)
                            .clientAuth(ClientAuth.REQUIRE)
                            .build();
            return new WorkloadTls(certificate, client, server, believesServers, believesClients);
        } catch (SSLException unusable) {
            throw new IllegalStateException("TLS contexts for " + certificate, unusable);
        }
    }

    private static SslContextBuilder common(SslContextBuilder builder) {
        return builder.sslProvider(SslProvider.OPENSSL_REFCNT)
                .protocols("TLSv1.3")
                .ciphers(SUITES)
                .option(OpenSslContextOption.GROUPS, GROUPS)
                .sessionCacheSize(0)
                .applicationProtocolConfig(
                        new ApplicationProtocolConfig(
                                ApplicationProtocolConfig.Protocol.ALPN,
                                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                                "h2"));
    }

    public WorkloadCertificate certificate() {
        return certificate;
    }

    public SslHandler newClientHandler(ByteBufAllocator allocator) {
        return client.newHandler(allocator);
    }

    public SslHandler newServerHandler(ByteBufAllocator allocator) {
        return server.newHandler(allocator);
    }

    /// What became of the peer's proof.
    public sealed interface PeerCheck {
        record Proven(SpiffeId id) implements PeerCheck {}

        record Rejected(String detail) implements PeerCheck {}
    }

    /// A client's check of its server: one of its identities must be one of the expected.
    public PeerCheck checkServer(SSLSession session, Set<SpiffeId> expected) {
        var leaf = leaf(session);
        if (leaf.isEmpty()) {
            return new PeerCheck.Rejected("peer presented no certificate");
        }
        var ids = clientTrust.identities(leaf.get());
        for (var id : ids) {
            if (expected.contains(id)) {
                return new PeerCheck.Proven(id);
            }
        }
        var wanted = new TreeSet<String>();
        expected.forEach(id -> wanted.add(id.uri()));
        var got = ids.isEmpty() ? PeerIdentity.uris(leaf.get()).toString() : ids.getFirst().uri();
        return new PeerCheck.Rejected(
                "identity verification error: peer did not present the expected SAN ("
                        + String.join(",", wanted)
                        + "), got "
                        + got);
    }

    /// A server's check of its client: the handshake has settled the trust domain; the identity is
    /// the first one in the certificate.
    public PeerCheck checkClient(SSLSession session) {
        var leaf = leaf(session);
        var ids = leaf.map(serverTrust::identities).orElse(List.of());
        return ids.isEmpty()
                ? new PeerCheck.Rejected(
                        "identity verification error: peer's certificate has no SPIFFE id")
                : new PeerCheck.Proven(ids.getFirst());
    }

    private static Optional<X509Certificate> leaf(SSLSession session) {
        try {
            var chain = session.getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate leaf
                    ? Optional.of(leaf)
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException unverified) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        ReferenceCountUtil.release(client);
        ReferenceCountUtil.release(server);
    }
}
