package dev.ambit.identity.tls;

import dev.ambit.identity.revocation.Revocation;

/// How workloads' TLS differs from the usual: 1.3 only, the post-quantum hybrid first.
///
/// @param tls12 whether TLS 1.2 is spoken too, with ECDHE and AES-GCM
/// @param postQuantumOnly whether X25519MLKEM768 is the only key exchange; peers without it can't
///   connect, and neither can TLS 1.2, which has no such group
/// @param foreignClients whether clients of other trust domains may connect; whoever takes their
///   connections then judges them by their identity
public record TlsSettings(
        boolean tls12, boolean postQuantumOnly, Revocation revocation, boolean foreignClients) {
    public TlsSettings(boolean tls12, boolean postQuantumOnly, Revocation revocation) {
        this(tls12, postQuantumOnly, revocation, false);
    }

    public TlsSettings withForeignClients() {
        return new TlsSettings(tls12, postQuantumOnly, revocation, true);
    }

    public static TlsSettings usual() {
        return new TlsSettings(false, false, Revocation.none());
    }
}
