package dev.ambit.mesh.policy;

import dev.ambit.identity.SpiffeId;
import java.net.InetAddress;
import java.util.Optional;

/// What a policy may ask about a connection. Nothing in it was claimed by the peer: the identity is
/// proven by the handshake, the addresses are the kernel's.
///
/// @param source address of the tunnel's or connection's TCP peer
/// @param destination address and port of the application, after port mapping
public record ConnectionFacts(
        Optional<SpiffeId> peer, InetAddress source, InetAddress destination, int port) {}
