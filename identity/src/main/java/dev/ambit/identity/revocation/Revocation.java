package dev.ambit.identity.revocation;

import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.revocation.RevocationLists.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateRevokedException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which certificates are revoked, by the lists of a file. Any thread asks; `load` is for one that
/// may block.
///
/// While the file is not there nothing is revoked: it may be mounted later. A file that can't be
/// understood when there was no good one before refuses every peer; later, the last good one stays.
public final class Revocation {
    private static final Logger LOG = LoggerFactory.getLogger(Revocation.class);

    private final Optional<Path> file;
    private final boolean refuseUnreadable;
    private final int maxBytes;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<Boolean>> refusals = new CopyOnWriteArrayList<>();
    private final LongAdder refusedClients = new LongAdder();
    private final LongAdder refusedServers = new LongAdder();
    private final LongAdder unreadable = new LongAdder();
    private volatile State state = new State(RevocationLists.NONE, "");
    private byte @Nullable [] loaded;

    /// @param unusable why every peer is refused; empty where that is not so
    private record State(RevocationLists lists, String unusable) {}

    private Revocation(Optional<Path> file, boolean refuseUnreadable, int maxBytes) {
        this.file = file;
        this.refuseUnreadable = refuseUnreadable;
        this.maxBytes = maxBytes;
    }

    /// Nothing is revoked.
    public static Revocation none() {
        return new Revocation(Optional.empty(), false, 0);
    }

    /// @param refuseUnreadable whether every peer is refused when the first lists can't be
    ///   understood; else none is, for that
    public static Revocation of(Path file, boolean refuseUnreadable, IdentityLimits limits) {
        return new Revocation(Optional.of(file), refuseUnreadable, limits.revocationListBytes());
    }

    /// Told when other lists are in force. On the thread that loads.
    public void onChanged(Runnable listener) {
        listeners.add(listener);
    }

    /// Told of each refused handshake, and whether it was a client's chain. On the thread of the
    /// handshake.
    public void onRefused(Consumer<Boolean> listener) {
        refusals.add(listener);
    }

    /// Reads the file, if it changed.
    public synchronized void load() {
        if (file.isEmpty()) {
            return;
        }
        try {
            var bytes = read(file.get());
            if (Arrays.equals(bytes, loaded)) {
                return;
            }
            var lists = RevocationLists.parse(bytes);
            loaded = bytes;
            state = new State(lists, "");
            LOG.info("{}: {} revocation lists", file.get(), lists.count());
            listeners.forEach(Runnable::run);
        } catch (NoSuchFileException missing) {
            LOG.warn(
                    "{} is not there: {}",
                    file.get(),
                    loaded == null ? "nothing is revoked" : "the lists that it had stay in force");
        } catch (IOException | CRLException unreadable) {
            unreadable(file.get(), String.valueOf(unreadable.getMessage()));
        }
    }

    private byte[] read(Path path) throws IOException {
        try (var in = Files.newInputStream(path)) {
            var bytes = in.readNBytes(maxBytes + 1);
            if (bytes.length > maxBytes) {
                throw new IOException("over " + maxBytes + " bytes");
            }
            return bytes;
        }
    }

    private void unreadable(Path path, String cause) {
        unreadable.increment();
        if (loaded != null) {
            LOG.error("{}: {}; the last good lists stay in force", path, cause);
        } else if (refuseUnreadable) {
            LOG.error("{}: {}; every peer is refused until it is good", path, cause);
            state = new State(RevocationLists.NONE, path + ": " + cause);
            listeners.forEach(Runnable::run);
        } else {
            LOG.warn("{}: {}; nothing is revoked until it is good", path, cause);
        }
    }

    /// Why this chain may not be believed any more; empty if it may.
    ///
    /// @param path verified: the leaf first, each issued by the next, the root last
    public Optional<String> revoked(List<X509Certificate> path) {
        var now = state;
        return now.unusable.isEmpty()
                ? now.lists.check(path).map(Finding::text)
                : Optional.of(now.unusable);
    }

    /// For a handshake.
    ///
    /// @param ofClient whether the chain is a client's
    /// @throws CertificateException if the chain may not be believed any more
    public void check(List<X509Certificate> path, boolean ofClient) throws CertificateException {
        var now = state;
        if (!now.unusable.isEmpty()) {
            count(ofClient);
            throw new CertificateException("no revocation list to check with: " + now.unusable);
        }
        var found = now.lists.check(path);
        if (found.isEmpty()) {
            return;
        }
        count(ofClient);
        LOG.info("peer refused: {}", found.get().text());
        throw switch (found.get()) {
            case Finding.Revoked(var certificate, var since, var reason) ->
                    new CertificateRevokedException(
                            since, reason, certificate.getIssuerX500Principal(), Map.of());
            case Finding.BadSignature _ -> new CertificateException(found.get().text());
        };
    }

    private void count(boolean ofClient) {
        (ofClient ? refusedClients : refusedServers).increment();
        refusals.forEach(listener -> listener.accept(ofClient));
    }

    /// How often the file was read and not understood.
    public long unreadable() {
        return unreadable.sum();
    }

    /// Handshakes refused so far.
    public long refusedHandshakes(boolean ofClients) {
        return (ofClients ? refusedClients : refusedServers).sum();
    }
}
