package dev.ambit.bench.waypoint.peer;

import dev.ambit.hbone.TunnelTls;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import dev.ambit.identity.tls.WorkloadTls;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLSession;

/// Certificates of those around the waypoint, by the mesh's authority.
final class Identities {
    private static final Duration TTL = Duration.ofHours(12);

    private Identities() {}

    static WorkloadTls tls(LocalAuthority authority, String namespace, String account)
            throws CertificateException {
        var id = new SpiffeId("cluster.local", namespace, account);
        var csr = KeyAndCsr.forIdentity(id);
        List<String> chain = authority.sign(csr.pem(), id, TTL);
        return WorkloadTls.of(
                new WorkloadCertificate(
                        id,
                        csr.keys().getPrivate(),
                        Pem.certificates(String.join("", chain.subList(0, chain.size() - 1))),
                        authority.trust()),
                Clock.systemUTC(),
                IdentityLimits.defaults());
    }

    /// Whoever has a certificate of the mesh is welcome.
    record Tunnel(WorkloadTls tls, boolean server) implements TunnelTls<Boolean> {
        @Override
        public SslHandler newHandler(Channel channel) {
            return server
                    ? tls.newServerHandler(channel.alloc())
                    : tls.newClientHandler(channel.alloc());
        }

        @Override
        public PeerCheck<Boolean> check(SSLSession session, Channel channel) {
            return new PeerCheck.Proven<>(true);
        }
    }
}
