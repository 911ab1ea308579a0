package dev.ambit.hbone;

import io.netty.channel.Channel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/// Mutual TLS with two throw-away certificates; the proof is the subject's name.
final class TestTls implements TunnelTls<String> {
    private static final X509Bundle ROOT = bundle();

    private final SslContext context;
    private final String accepts;

    private TestTls(SslContext context, String accepts) {
        this.context = context;
        this.accepts = accepts;
    }

    static TestTls client(String name, String accepts) {
        return new TestTls(context(name, true), accepts);
    }

    static TestTls server(String name, String accepts) {
        return new TestTls(context(name, false), accepts);
    }

    /// For clients that have no certificates: the proof is "anyone".
    static TunnelTls<String> openToAnyone() {
        var context =
                CONTEXTS.computeIfAbsent("anyone", _ -> build("server", false, ClientAuth.NONE));
        return new TunnelTls<>() {
            @Override
            public SslHandler newHandler(Channel channel) {
                return context.newHandler(channel.alloc());
            }

            @Override
            public PeerCheck<String> check(SSLSession session, Channel channel) {
                return new PeerCheck.Proven<>("anyone");
            }
        };
    }

    private static final java.util.Map<String, SslContext> CONTEXTS =
            new java.util.concurrent.ConcurrentHashMap<>();

    /// One for each name, for the whole run.
    static SslContext context(String name, boolean client) {
        return CONTEXTS.computeIfAbsent(name, _ -> build(name, client, ClientAuth.REQUIRE));
    }

    private static SslContext build(String name, boolean client, ClientAuth clients) {
        try {
            var own = issue(name);
            var builder =
                    client
                            ? SslContextBuilder.forClient()
                                    .keyManager(
                                            own.getKeyPair().getPrivate(), own.getCertificatePath())
                            : SslContextBuilder.forServer(
                                            own.getKeyPair().getPrivate(), own.getCertificatePath())
                                    .clientAuth(clients);
            return builder.sslProvider(SslProvider.OPENSSL_REFCNT)
                    .protocols("TLSv1.3")
                    .endpointIdentificationAlgorithm(null)
                    .trustManager(ROOT.getCertificate())
                    .applicationProtocolConfig(
                            new ApplicationProtocolConfig(
                                    ApplicationProtocolConfig.Protocol.ALPN,
                                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                                    ApplicationProtocolConfig.SelectedListenerFailureBehavior
                                            .ACCEPT,
                                    "h2"))
                    .build();
        } catch (Exception broken) {
            throw new AssertionError(broken);
        }
    }

    static X509Bundle issue(String name) throws Exception {
        return new CertificateBuilder()
                .subject("CN=" + name)
                .ecp256()
                .setIsCertificateAuthority(false)
                .buildIssuedBy(ROOT);
    }

    private static X509Bundle bundle() {
        try {
            return new CertificateBuilder()
                    .subject("CN=root")
                    .ecp256()
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned();
        } catch (Exception broken) {
            throw new AssertionError(broken);
        }
    }

    @Override
    public SslHandler newHandler(Channel channel) {
        return context.newHandler(channel.alloc());
    }

    @Override
    public PeerCheck<String> check(SSLSession session, Channel channel) {
        try {
            var leaf = (X509Certificate) session.getPeerCertificates()[0];
            var name = leaf.getSubjectX500Principal().getName();
            return name.equals("CN=" + accepts)
                    ? new PeerCheck.Proven<>(accepts)
                    : new PeerCheck.Rejected<>("expected CN=" + accepts + ", got " + name);
        } catch (SSLPeerUnverifiedException unverified) {
            return new PeerCheck.Rejected<>("no certificate");
        }
    }
}
