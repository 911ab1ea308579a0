package dev.ambit.waypoint.exchange;

import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is known of a downstream connection: one CONNECT stream of a tunnel, or one accepted by a
/// plain listener. Made when it is accepted; what is learned later (SNI, peer) is set once.
public final class ConnectionInfo {
    private final String peerPrincipal;
    private final String localPrincipal;
    private final InetSocketAddress remote;
    private final @Nullable InetSocketAddress originalDst;
    private final String connectAuthority;
    private final Optional<String> baggage;
    private final Optional<String> forwardedNetwork;
    private final long startMillis;
    private final long id;
    private String serverName = "";
    private String source = "";
    private @Nullable Object downstreamPeer;

    /// @param peerPrincipal SPIFFE URI that the caller has proven; empty for none
    /// @param localPrincipal SPIFFE URI of this waypoint; empty for none
    /// @param remote the caller's own address, as `direct_remote_ip` of policies
    /// @param originalDst the address asked for; null where the authority is a host name
    /// @param connectAuthority `:authority` of the CONNECT; empty on plain listeners
    /// @param baggage of the CONNECT, raw
    /// @param forwardedNetwork `x-forwarded-network` of the CONNECT
    /// @param startMillis of the wall clock
    /// @param id unique in this process: `%CONNECTION_ID%`
    public ConnectionInfo(
            String peerPrincipal,
            String localPrincipal,
            InetSocketAddress remote,
            @Nullable InetSocketAddress originalDst,
            String connectAuthority,
            Optional<String> baggage,
            Optional<String> forwardedNetwork,
            long startMillis,
            long id) {
        this.peerPrincipal = peerPrincipal;
        this.localPrincipal = localPrincipal;
        this.remote = remote;
        this.originalDst = originalDst;
        this.connectAuthority = connectAuthority;
        this.baggage = baggage;
        this.forwardedNetwork = forwardedNetwork;
        this.startMillis = startMillis;
        this.id = id;
    }

    public String peerPrincipal() {
        return peerPrincipal;
    }

    public String localPrincipal() {
        return localPrincipal;
    }

    public InetSocketAddress remote() {
        return remote;
    }

    public @Nullable InetSocketAddress originalDst() {
        return originalDst;
    }

    public String connectAuthority() {
        return connectAuthority;
    }

    public Optional<String> baggage() {
        return baggage;
    }

    public Optional<String> forwardedNetwork() {
        return forwardedNetwork;
    }

    public long startMillis() {
        return startMillis;
    }

    public long id() {
        return id;
    }

    /// SNI of a TLS client hello that was looked into; empty for none.
    public String serverName() {
        return serverName;
    }

    public void serverName(String value) {
        serverName = value;
    }

    /// `x-istio-source` of the CONNECT: what kind of proxy sent it; empty for none.
    public String source() {
        return source;
    }

    public void source(String value) {
        source = value;
    }

    /// What telemetry has found out about the caller; opaque elsewhere.
    public @Nullable Object downstreamPeer() {
        return downstreamPeer;
    }

    public void downstreamPeer(@Nullable Object value) {
        downstreamPeer = value;
    }
}
