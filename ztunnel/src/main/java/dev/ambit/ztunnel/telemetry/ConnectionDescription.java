package dev.ambit.ztunnel.telemetry;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.ServiceKey;
import java.net.InetSocketAddress;
import java.util.Optional;

/// Who talks to whom, as far as telemetry is concerned. Made once per connection, when its route is
/// known and before anything is dialled.
///
/// @param source address of the application (outbound) or of the TCP peer (inbound)
/// @param sourceIdentity the own identity (outbound) or the proven one (inbound); only said when
///   `security` is mutual TLS
/// @param destination the next hop (outbound), or the address that the peer dialled (inbound): with
///   HBONE the pod's port 15008
/// @param hboneAuthority authority of the CONNECT, with HBONE only
/// @param service the service that the client meant, where that is known
/// @param destinationIdentity as the control plane knows it, for plaintext too: metrics say it
///   always, the access log only with mutual TLS
public record ConnectionDescription(
        Direction direction,
        InetSocketAddress source,
        Party sourceParty,
        Optional<SpiffeId> sourceIdentity,
        InetSocketAddress destination,
        Optional<String> hboneAuthority,
        Optional<ServiceKey> service,
        Party destinationParty,
        Optional<SpiffeId> destinationIdentity,
        SecurityPolicy security) {}
