package dev.ambit.ztunnel.tls;

import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.tls.HandshakeFacts;

/// What a completed handshake proved about the peer.
public record PeerProof(SpiffeId id, HandshakeFacts handshake) {}
