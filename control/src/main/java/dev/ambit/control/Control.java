package dev.ambit.control;

import dev.ambit.control.ca.CertificateSigner;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.CountDownLatch;

/// The control plane as one object: reads the directory, serves xDS, certificates and an admin
/// page.
public final class Control implements AutoCloseable {
    private final ControlSettings settings;
    private final ControlLimits limits;
    private final CertificateSigner signer;
    private final ServerTls tls;
    private final Clock clock;
    private final CountDownLatch ended = new CountDownLatch(1);

    public Control(
            ControlSettings settings,
            ControlLimits limits,
            CertificateSigner signer,
            ServerTls tls,
            Clock clock) {
        this.settings = settings;
        this.limits = limits;
        this.signer = signer;
        this.tls = tls;
        this.clock = clock;
    }

    /// Reads the directory, then listens.
    ///
    /// @throws IOException naming what could not be read or bound
    public void start() throws IOException {}

    /// Port of xDS and CA, known after {@link #start}.
    public int port() {
        return settings.listen().getPort();
    }

    /// Port of the admin page, known after {@link #start}.
    public int adminPort() {
        return settings.admin().getPort();
    }

    /// Blocks until {@link #close}.
    public void awaitTermination() throws InterruptedException {
        ended.await();
    }

    @Override
    public void close() {
        ended.countDown();
    }
}
