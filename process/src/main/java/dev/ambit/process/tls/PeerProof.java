package dev.ambit.process.tls;

import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.tls.HandshakeFacts;
import dev.ambit.identity.tls.PeerChain;

/// What a completed handshake proved about the peer.
///
/// @param chain what may be revoked while the connection lives
public record PeerProof(SpiffeId id, PeerChain chain, HandshakeFacts handshake) {}
