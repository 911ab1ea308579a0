package dev.ambit.waypoint.exchange;

import org.jspecify.annotations.Nullable;

/// The far end of a tunnel that exchanges go through: what it has proven, and what it said of
/// itself when it took the CONNECT. One for each tunnelled connection, on that connection's loop.
public final class TunnelPeer {
    private final String principal;
    private final String baggage;
    private @Nullable Object known;

    /// @param principal SPIFFE URI that it has proven
    /// @param baggage of its answer, raw; for telemetry alone
    public TunnelPeer(String principal, String baggage) {
        this.principal = principal;
        this.baggage = baggage;
    }

    public String principal() {
        return principal;
    }

    public String baggage() {
        return baggage;
    }

    /// What telemetry has made of it, so that it is made once; opaque elsewhere.
    public @Nullable Object known() {
        return known;
    }

    public void known(Object value) {
        known = value;
    }
}
