package dev.ambit.waypoint.security;

import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/// What policies judge: one request, or one connection. Looked at by several policies, so what has
/// to be worked out is worked out once.
final class Facts {
    private final StreamInfo info;
    private final @Nullable RequestHead head;
    private @Nullable String path;

    /// @param head null for TCP
    Facts(StreamInfo info, @Nullable RequestHead head) {
        this.info = info;
        this.head = head;
    }

    StreamInfo info() {
        return info;
    }

    ConnectionInfo connection() {
        return info.connection();
    }

    @Nullable RequestHead head() {
        return head;
    }

    /// Without query and fragment; null for TCP and for requests without a path.
    @Nullable String path() {
        if (path == null && head != null && !head.path().isEmpty()) {
            path = withoutQuery(head.path());
        }
        return path;
    }

    static String withoutQuery(String path) {
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '?' || c == '#') {
                return path.substring(0, i);
            }
        }
        return path;
    }

    /// Null where the destination is a name.
    @Nullable InetAddress destination() {
        var destination = connection().originalDst();
        return destination == null ? null : destination.getAddress();
    }

    /// -1 where it is not known.
    int port() {
        var destination = connection().originalDst();
        if (destination != null) {
            return destination.getPort();
        }
        return portOf(connection().connectAuthority());
    }

    /// Between networks the destination is `host:port`.
    private static int portOf(String authority) {
        int colon = authority.lastIndexOf(':');
        if (colon < 0) {
            return -1;
        }
        try {
            return Integer.parseInt(authority, colon + 1, authority.length(), 10);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    InetAddress direct() {
        return connection().remote().getAddress();
    }

    /// As `x-forwarded-for` tells.
    InetAddress remote() {
        return info.remote().getAddress();
    }
}
