package dev.ambit.process.tls;

import dev.ambit.hbone.TunnelTls;
import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.identity.tls.HandshakeFacts;
import dev.ambit.identity.tls.KeyExchangeProbe;
import dev.ambit.identity.tls.TlsSettings;
import dev.ambit.identity.tls.WorkloadTls;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AttributeKey;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLSession;

/// Certificates as event loops use them: TLS contexts, ready when the certificate is.
public final class Identities {
    private final CertificateStore certificates;
    private final Clock clock;
    private final IdentityLimits limits;
    private final TlsSettings settings;
    private final Duration wait;

    /// Of a channel whose handshake is complete.
    private static final AttributeKey<PeerProof> PROOF =
            AttributeKey.valueOf(Identities.class, "proof");

    /// A replaced context may still be about to make a handler for a connection being dialled.
    private static final long RELEASE_AFTER_SECONDS = 60;

    private final ConcurrentHashMap<SpiffeId, WorkloadTls> contexts = new ConcurrentHashMap<>();

    /// What asking for an identity came to.
    public sealed interface Answer {
        record Ready(WorkloadTls tls) implements Answer {}

        record Unavailable(String why) implements Answer {}
    }

    /// @param wait for a first certificate, at most
    public Identities(
            CertificateStore certificates,
            Clock clock,
            IdentityLimits limits,
            TlsSettings settings,
            Duration wait) {
        this.settings = settings;
        this.certificates = certificates;
        this.clock = clock;
        this.limits = limits;
        this.wait = wait;
    }

    /// Calls back on `loop`, at once where the certificate is there.
    public void get(SpiffeId id, EventLoop loop, Consumer<Answer> whenDone) {
        var now = certificates.current(id);
        if (now.isPresent()) {
            whenDone.accept(new Answer.Ready(contexts(now.get(), loop)));
            return;
        }
        var done = new AtomicBoolean();
        loop.schedule(
                () -> {
                    if (done.compareAndSet(false, true)) {
                        whenDone.accept(
                                new Answer.Unavailable(
                                        "no certificate for "
                                                + id
                                                + " within "
                                                + wait.toMillis()
                                                + " ms (is the certificate authority away?)"));
                    }
                },
                wait.toNanos(),
                TimeUnit.NANOSECONDS);
        certificates
                .get(id)
                .whenComplete((certificate, failed) ->
                        loop.execute(() -> {
                            if (done.compareAndSet(false, true)) {
                                whenDone.accept(answer(certificate, failed, loop));
                            }
                        }));
    }

    private Answer answer(
            @org.jspecify.annotations.Nullable WorkloadCertificate certificate,
            @org.jspecify.annotations.Nullable Throwable failed,
            EventLoop loop) {
        if (certificate != null) {
            return new Answer.Ready(contexts(certificate, loop));
        }
        var cause = failed == null || failed.getCause() == null ? failed : failed.getCause();
        return new Answer.Unavailable(String.valueOf(cause == null ? "" : cause.getMessage()));
    }

    /// The contexts of exactly this certificate, built by whoever needs them first.
    private WorkloadTls contexts(WorkloadCertificate certificate, EventLoop loop) {
        var known = contexts.get(certificate.id());
        if (known != null && known.certificate() == certificate) {
            return known;
        }
        return java.util.Objects.requireNonNull(
                contexts.compute(
                        certificate.id(),
                        (_, old) -> {
                            if (old != null && old.certificate() == certificate) {
                                return old;
                            }
                            if (old != null) {
                                loop.schedule(old::close, RELEASE_AFTER_SECONDS, TimeUnit.SECONDS);
                            }
                            return WorkloadTls.of(certificate, clock, limits, settings);
                        }));
    }

    public Optional<WorkloadCertificate> current(SpiffeId id) {
        return certificates.current(id);
    }

    /// The identity has left this node.
    public void forget(SpiffeId id, EventLoop loop) {
        certificates.forget(id);
        var old = contexts.remove(id);
        if (old != null) {
            loop.schedule(old::close, RELEASE_AFTER_SECONDS, TimeUnit.SECONDS);
        }
    }

    /// A client's side: the peer must prove one of `accepts`.
    public static TunnelTls<PeerProof> client(WorkloadTls tls, Set<SpiffeId> accepts) {
        return client(tls, session -> tls.checkServer(session, accepts));
    }

    /// A client's side: the peer must be of one of these trust domains.
    public static TunnelTls<PeerProof> clientOf(WorkloadTls tls, Set<String> trustDomains) {
        return client(
                tls,
                session ->
                        tls.checkServer(
                                session,
                                id -> trustDomains.contains(id.trustDomain()),
                                () -> "of trust domain " + String.join(",", trustDomains)));
    }

    private static TunnelTls<PeerProof> client(
            WorkloadTls tls, Function<SSLSession, WorkloadTls.PeerCheck> check) {
        return new TunnelTls<>() {
            @Override
            public SslHandler newHandler(Channel channel) {
                channel.pipeline().addLast(KeyExchangeProbe.onClient());
                return tls.newClientHandler(channel.alloc());
            }

            @Override
            public PeerCheck<PeerProof> check(SSLSession session, Channel channel) {
                return adapt(check.apply(session), session, channel);
            }
        };
    }

    /// A server's side: the peer must be of the own trust domain.
    public static TunnelTls<PeerProof> server(WorkloadTls tls) {
        return new TunnelTls<>() {
            @Override
            public SslHandler newHandler(Channel channel) {
                channel.pipeline().addLast(KeyExchangeProbe.onServer());
                return tls.newServerHandler(channel.alloc());
            }

            @Override
            public PeerCheck<PeerProof> check(SSLSession session, Channel channel) {
                return adapt(tls.checkClient(session), session, channel);
            }
        };
    }

    /// What the other end of a channel proved; empty before it did. On the channel's loop.
    public static Optional<PeerProof> proof(Channel channel) {
        return Optional.ofNullable(channel.attr(PROOF).get());
    }

    private static TunnelTls.PeerCheck<PeerProof> adapt(
            WorkloadTls.PeerCheck check, SSLSession session, Channel channel) {
        return switch (check) {
            case WorkloadTls.PeerCheck.Proven(var id, var chain) -> {
                var facts =
                        new HandshakeFacts(
                                session.getProtocol(),
                                session.getCipherSuite(),
                                KeyExchangeProbe.group(channel));
                var proof = new PeerProof(id, chain, facts);
                channel.attr(PROOF).set(proof);
                yield new TunnelTls.PeerCheck.Proven<>(proof);
            }
            case WorkloadTls.PeerCheck.Rejected(var detail) ->
                    new TunnelTls.PeerCheck.Rejected<>(detail);
        };
    }
}
