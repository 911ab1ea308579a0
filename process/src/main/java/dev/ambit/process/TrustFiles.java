package dev.ambit.process;

import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.FileWatch;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.ca.RootCertificates;
import dev.ambit.identity.revocation.Revocation;
import dev.ambit.identity.tls.TlsSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The files that say whom to believe, which others replace while this process runs: revocation
/// lists, and the mesh's roots.
public final class TrustFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrustFiles.class);

    /// @param refuseUnknown revocation lists that can't be understood refuse, rather than being
    ///   left out
    /// @param revocationLists a file that need not be there yet
    /// @param tls12 TLS 1.2 is spoken beside 1.3
    /// @param postQuantumOnly X25519MLKEM768 is the only key exchange
    public record Settings(
            boolean refuseUnknown,
            Optional<Path> revocationLists,
            boolean tls12,
            boolean postQuantumOnly) {}

    private final Settings settings;
    private final RootCertificates roots;
    private final Duration settles;
    private final Revocation revocation;
    private final List<Thread> watches = new ArrayList<>();
    private byte @Nullable [] knownRoots;

    /// Reads the lists. Blocks.
    ///
    /// @param roots of the control plane
    public TrustFiles(Settings settings, RootCertificates roots, IdentityLimits limits) {
        this.settings = settings;
        this.roots = roots;
        this.settles = limits.fileSettles();
        boolean refuse = settings.refuseUnknown();
        this.revocation =
                settings.revocationLists()
                        .map(file -> Revocation.of(file, refuse, limits))
                        .orElseGet(Revocation::none);
        revocation.load();
    }

    public Revocation revocation() {
        return revocation;
    }

    public TlsSettings tls() {
        return new TlsSettings(settings.tls12(), settings.postQuantumOnly(), revocation);
    }

    /// Follows the files from now on.
    public void watch(CertificateStore certificates) {
        settings.revocationLists().ifPresent(file -> watch(file, revocation::load));
        if (roots instanceof RootCertificates.File(var path)) {
            watch(path, () -> rootsMayHaveChanged(certificates));
        }
    }

    private void watch(Path file, Runnable changed) {
        watches.add(
                Thread.ofVirtual()
                        .name("watch " + file)
                        .start(new FileWatch(file, settles, changed)));
    }

    /// A new mesh root is on its way to every node: the CA's next answer brings it, so one is asked
    /// for at once.
    private void rootsMayHaveChanged(CertificateStore certificates) {
        try {
            var now = roots.load().orElse(new byte[0]);
            if (knownRoots != null && !Arrays.equals(knownRoots, now)) {
                certificates.refreshRoots();
            }
            knownRoots = now;
        } catch (IOException unreadable) {
            LOG.warn("{}: {}", roots, unreadable.getMessage());
        }
    }

    @Override
    public void close() {
        watches.forEach(Thread::interrupt);
    }
}
