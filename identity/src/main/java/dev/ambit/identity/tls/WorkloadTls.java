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
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/// Both TLS contexts of one workload certificate: built once, used for every connection until the
/// certificate is replaced. TLS 1.3, unless the settings say more, on BoringSSL, AES-GCM (BoringSSL
/// itself puts the 128-bit suite first where the CPU has AES instructions), ALPN `h2`; the first
/// key exchange that is offered is the post-quantum hybrid X25519MLKEM768.
///
/// The contexts are native memory. `close` drops this holder's reference; connections keep theirs.
public final class WorkloadTls implements AutoCloseable {
    private static final List<String> SUITES =
            List.of("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256");
    private static final List<String> TLS12_SUITES =
            List.of(
                    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    private static final String HYBRID = "X25519MLKEM768";
    private static final String[] GROUPS = {HYBRID, "X25519", "P-256"};

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
        return of(certificate, clock, limits, TlsSettings.usual());
    }

    public static WorkloadTls of(
            WorkloadCertificate certificate,
            Clock clock,
            IdentityLimits limits,
            TlsSettings settings) {
        var trust = certificate.trust();
        int remembered = limits.verifiedPeers();
        var revocation = settings.revocation();
        var believesServers =
                new ChainTrust(trust, Optional.empty(), clock, remembered, revocation);
        var believesClients =
                new ChainTrust(
                        trust,
                        settings.foreignClients()
                                ? Optional.empty()
                                : Optional.of(certificate.id().trustDomain()),
                        clock,
                        remembered,
                        revocation);
        var chain = certificate.chain().toArray(X509Certificate[]::new);
        try {
            var client =
                    common(
                                    SslContextBuilder.forClient()
                                            .keyManager(certificate.key(), chain),
                                    settings)
                            .trustManager(believesServers)
                            .endpointIdentificationAlgorithm(null)
                            .build();
            var server =
                    common(SslContextBuilder.forServer(certificate.key(), chain), settings)
                            .trustManager(believesClients)
                            .clientAuth(ClientAuth.REQUIRE)
                            .build();
            return new WorkloadTls(certificate, client, server, believesServers, believesClients);
        } catch (SSLException unusable) {
            throw new IllegalStateException("TLS contexts for " + certificate, unusable);
        }
    }

    private static SslContextBuilder common(SslContextBuilder builder, TlsSettings settings) {
        boolean tls12 = settings.tls12() && !settings.postQuantumOnly();
        var suites = new ArrayList<>(SUITES);
        if (tls12) {
            suites.addAll(TLS12_SUITES);
        }
        return builder.sslProvider(SslProvider.OPENSSL_REFCNT)
                .protocols(tls12 ? new String[] {"TLSv1.3", "TLSv1.2"} : new String[] {"TLSv1.3"})
                .ciphers(suites)
                .option(
                        OpenSslContextOption.GROUPS,
                        settings.postQuantumOnly() ? new String[] {HYBRID} : GROUPS)
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
        record Proven(SpiffeId id, PeerChain chain) implements PeerCheck {}

        record Rejected(String detail) implements PeerCheck {}
    }

    /// A client's check of its server: one of its identities must be one of the expected.
    public PeerCheck checkServer(SSLSession session, Set<SpiffeId> expected) {
        return checkServer(
                session,
                expected::contains,
                () -> {
                    var wanted = new TreeSet<String>();
                    expected.forEach(id -> wanted.add(id.uri()));
                    return String.join(",", wanted);
                });
    }

    /// A client's check of its server: one of its identities must be accepted.
    ///
    /// @param expected what is accepted, in words
    public PeerCheck checkServer(
            SSLSession session, Predicate<SpiffeId> accepts, Supplier<String> expected) {
        var presented = presented(session);
        if (presented.length == 0) {
            return new PeerCheck.Rejected("peer presented no certificate");
        }
        var ids = clientTrust.identities(presented[0]);
        for (var id : ids) {
            if (accepts.test(id)) {
                return proven(id, clientTrust, presented);
            }
        }
        return new PeerCheck.Rejected(
                "identity verification error: peer did not present the expected SAN ("
                        + expected.get()
                        + "), got "
                        + PeerIdentity.described(presented[0]));
    }

    /// A server's check of its client: the handshake has settled the trust domain; the identity is
    /// the first one in the certificate.
    public PeerCheck checkClient(SSLSession session) {
        var presented = presented(session);
        if (presented.length == 0) {
            return new PeerCheck.Rejected("peer presented no certificate");
        }
        var ids = serverTrust.identities(presented[0]);
        return ids.isEmpty()
                ? new PeerCheck.Rejected(
                        "identity verification error: peer presented "
                                + PeerIdentity.described(presented[0]))
                : proven(ids.getFirst(), serverTrust, presented);
    }

    /// Revocation is asked once more, on the connection's loop: lists that are replaced during the
    /// handshake are seen here, or by whoever then looks through the open connections.
    private static PeerCheck proven(SpiffeId id, ChainTrust trust, X509Certificate[] presented) {
        try {
            var chain = trust.chain(presented);
            return chain.why()
                    .<PeerCheck>map(PeerCheck.Rejected::new)
                    .orElseGet(() -> new PeerCheck.Proven(id, chain));
        } catch (CertificateException notBelieved) {
            return new PeerCheck.Rejected(String.valueOf(notBelieved.getMessage()));
        }
    }

    private static X509Certificate[] presented(SSLSession session) {
        try {
            return Arrays.stream(session.getPeerCertificates())
                    .map(X509Certificate.class::cast)
                    .toArray(X509Certificate[]::new);
        } catch (SSLPeerUnverifiedException | ClassCastException unverified) {
            return new X509Certificate[0];
        }
    }

    @Override
    public void close() {
        ReferenceCountUtil.release(client);
        ReferenceCountUtil.release(server);
    }
}
