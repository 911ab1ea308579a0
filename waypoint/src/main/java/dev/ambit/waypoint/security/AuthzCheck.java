package dev.ambit.waypoint.security;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a server is asked about.
///
/// @param head null for a connection
/// @param fields those of the head that the server may see, pseudo-headers too, repeated ones
///   joined
/// @param body as far as it is sent; null for none
/// @param bodyAsBytes whether it goes as octets
/// @param context of the route
/// @param tellSni whether the name in the caller's TLS hello is told
public record AuthzCheck(
        StreamInfo info,
        @Nullable RequestHead head,
        Headers fields,
        byte @Nullable [] body,
        boolean bodyAsBytes,
        Map<String, String> context,
        Map<String, Map<String, Object>> metadata,
        boolean tellSni) {

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    /// Messages of `envoy.service.auth.v3`, which only the dialect's side knows.
    public interface Codec {
        /// `CheckRequest`.
        byte[] encode(AuthzCheck check);

        /// `CheckResponse`; `Failed` for what is none.
        AuthzAnswer decode(byte[] message);
    }
}
