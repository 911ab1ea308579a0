package dev.ambit.waypoint.security;

import dev.ambit.waypoint.exchange.StreamInfo;
import org.jspecify.annotations.Nullable;

/// Filter state by key, as texts. What `connect_terminate` puts there is known of the connection,
/// so it is not put anywhere.
public final class FilterStateView {
    public static final String PEER_PRINCIPAL = "io.istio.peer_principal";
    public static final String LOCAL_PRINCIPAL = "io.istio.local_principal";
    public static final String CONNECT_AUTHORITY = "io.istio.connect_authority";

    private FilterStateView() {}

    /// Null for a key that is not there.
    public static @Nullable String text(StreamInfo info, String key) {
        var connection = info.connection();
        return switch (key) {
            case PEER_PRINCIPAL -> present(connection.peerPrincipal());
            case LOCAL_PRINCIPAL -> present(connection.localPrincipal());
            case CONNECT_AUTHORITY -> present(connection.connectAuthority());
            default -> {
                var value = info.filterState().get(key);
                yield value == null ? null : value.toString();
            }
        };
    }

    private static @Nullable String present(String value) {
        return value.isEmpty() ? null : value;
    }
}
