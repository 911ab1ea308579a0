package dev.ambit.identity.tls;

import dev.ambit.identity.revocation.Revocation;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/// The chain that a handshake verified, for as long as its connection lives.
///
/// @param path the leaf first, each issued by the next, the root last
public record PeerChain(List<X509Certificate> path, Revocation revocation) {
    public PeerChain {
        path = List.copyOf(path);
    }

    /// By the lists that are in force now. When certificates expire does not matter: it did at the
    /// handshake.
    public boolean isRevoked() {
        return why().isPresent();
    }

    public Optional<String> why() {
        return revocation.revoked(path);
    }
}
