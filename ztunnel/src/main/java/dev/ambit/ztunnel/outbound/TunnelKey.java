package dev.ambit.ztunnel.outbound;

import dev.ambit.identity.SpiffeId;
import dev.ambit.ztunnel.pod.Pod;
import java.util.Set;

/// What connections must have in common to share a tunnel.
///
/// @param pod whose namespace the tunnel's socket is in
/// @param source the identity that it proves
/// @param accepts the identities of which the peer must prove one
public record TunnelKey(Pod pod, SpiffeId source, Set<SpiffeId> accepts, NextHop nextHop) {}
