package dev.ambit.control;

import dev.ambit.control.ca.CertificateServer;
import dev.ambit.control.ca.CertificateSigner;
import dev.ambit.control.l7.jwt.HttpJwksFetcher;
import dev.ambit.control.l7.jwt.JwksStore;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.ResourceSource;
import dev.ambit.control.token.TokenInterceptor;
import dev.ambit.control.token.TokenVerifier;
import dev.ambit.control.xds.XdsServer;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptors;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The control plane as one object: reads the directory, serves xDS and certificates on one TLS
/// port, and an admin page on another. Started once.
public final class Control implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Control.class);

    /// Clients ping each 30 s; gRPC's own floor of five minutes would have them thrown out.
    private static final long PING_FLOOR_SECONDS = 10;

    private final ControlSettings settings;
    private final ControlLimits limits;
    private final ServerTls tls;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final XdsServer xds;
    private final CertificateServer certificates;
    private final TokenVerifier tokens;
    private final ControlState state;
    private final ResourceSource source;
    private final CountDownLatch ended = new CountDownLatch(1);
    private @Nullable Server server;
    private @Nullable AdminServer admin;

    public Control(
            ControlSettings settings,
            ControlLimits limits,
            CertificateSigner signer,
            ServerTls tls,
            Clock clock) {
        this.settings = settings;
        this.limits = limits;
        this.tls = tls;
        this.xds = new XdsServer(limits.streams(), executor);
        this.state =
                new ControlState(
                        settings.compile(),
                        settings.l7(),
                        settings.plan(),
                        changed ->
                                new JwksStore(
                                        limits.jwks(),
                                        HttpJwksFetcher.of(limits.jwks()),
                                        clock,
                                        changed),
                        xds::publish,
                        clock);
        this.certificates =
                new CertificateServer(
                        signer,
                        () -> state.newest().model(),
                        settings.trustedNodeAccounts(),
                        limits.certificates());
        var expected = settings.tokens();
        this.tokens =
                new TokenVerifier(expected.jwks(), expected.issuer(), expected.audience(), clock);
        this.source =
                new DirectorySource(
                        settings.directory(),
                        limits.pace(),
                        limits.yaml(),
                        limits.files(),
                        settings.unusable());
    }

    /// Reads the directory, then listens.
    ///
    /// @throws IOException naming what could not be read or bound; everything is closed then
    public void start() throws IOException {
        try {
            state.jwks().start();
            source.start(state::apply);
            var authenticated = new TokenInterceptor(tokens);
            server =
                    NettyServerBuilder.forAddress(settings.listen(), credentials())
                            .executor(executor)
                            .maxInboundMessageSize(limits.xdsRequestBytes())
                            .permitKeepAliveTime(PING_FLOOR_SECONDS, TimeUnit.SECONDS)
                            .permitKeepAliveWithoutCalls(true)
                            .addService(ServerInterceptors.intercept(xds, authenticated))
                            .addService(ServerInterceptors.intercept(certificates, authenticated))
                            .build()
                            .start();
            admin = new AdminServer(settings.admin(), state, this::counters, executor);
            admin.start();
        } catch (IOException e) {
            close();
            throw new IOException("control plane: " + e.getMessage(), e);
        }
        LOG.info(
                "control plane: directory {}, xDS and certificates on {}, admin on {}",
                settings.directory(),
                port(),
                adminPort());
    }

    /// Port of xDS and certificates.
    ///
    /// @throws IllegalStateException before {@link #start}
    public int port() {
        if (server == null) {
            throw new IllegalStateException("not started");
        }
        return server.getPort();
    }

    /// Port of the admin page.
    ///
    /// @throws IllegalStateException before {@link #start}
    public int adminPort() {
        if (admin == null) {
            throw new IllegalStateException("not started");
        }
        return admin.port();
    }

    /// Blocks until {@link #close}.
    public void awaitTermination() throws InterruptedException {
        ended.await();
    }

    @Override
    public void close() {
        source.close();
        state.jwks().close();
        if (admin != null) {
            admin.close();
        }
        if (server != null) {
            server.shutdown();
            try {
                if (!server.awaitTermination(limits.drain().toMillis(), TimeUnit.MILLISECONDS)) {
                    server.shutdownNow();
                }
            } catch (InterruptedException e) {
                server.shutdownNow();
                Thread.currentThread().interrupt();
            }
        }
        executor.shutdown();
        ended.countDown();
    }

    private Map<String, Long> counters() {
        var all = new TreeMap<>(xds.metrics().values());
        all.putAll(certificates.metrics());
        all.putAll(state.jwks().counters());
        return all;
    }

    private ServerCredentials credentials() throws IOException {
        return TlsServerCredentials.create(stream(tls.chainPem()), stream(tls.keyPem()));
    }

    private static ByteArrayInputStream stream(String pem) {
        return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
    }
}
