package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.pool.PoolKey;
import dev.ambit.waypoint.pool.Target;
import dev.ambit.waypoint.pool.TransportConfig;
import org.jspecify.annotations.Nullable;

/// Keys that one loop has made for one host, so that most requests make none.
final class HostKeys {
    private final String cluster;
    private final Target target;
    private final TransportConfig transport;
    private @Nullable PoolKey http1;
    private @Nullable PoolKey http2;
    private @Nullable PoolKey any;

    HostKeys(String cluster, Target target, TransportConfig transport) {
        this.cluster = cluster;
        this.target = target;
        this.transport = transport;
    }

    /// Whether the request's authority goes into the handshake, or has to be proven in it.
    static boolean sniByRequest(TransportConfig transport) {
        if (transport.tls().isEmpty()) {
            return false;
        }
        var tls = transport.tls().get();
        return tls.autoSni() && tls.sni().isEmpty() || tls.autoSanValidation();
    }

    static String sni(TransportConfig transport) {
        return transport.tls().isEmpty() ? "" : transport.tls().get().sni();
    }

    boolean fits(Target ofHost, TransportConfig ofHostToo) {
        return target == ofHost && transport == ofHostToo;
    }

    PoolKey key(@Nullable HttpVersion version) {
        if (version == null) {
            if (any == null) {
                any = make(null);
            }
            return any;
        }
        if (version == HttpVersion.HTTP_2) {
            if (http2 == null) {
                http2 = make(HttpVersion.HTTP_2);
            }
            return http2;
        }
        if (http1 == null) {
            http1 = make(HttpVersion.HTTP_1_1);
        }
        return http1;
    }

    private PoolKey make(@Nullable HttpVersion version) {
        return new PoolKey(cluster, target, transport, version, sni(transport), null, null);
    }
}
