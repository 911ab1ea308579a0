package dev.ambit.control.compile;

import dev.ambit.mesh.proto.workload.AppProtocol;
import java.util.Locale;
import java.util.Set;

/// Which protocol a port speaks, from what people wrote about it.
final class PortProtocols {
    /// Ports whose protocol has the server speak first: without a declaration they are plain TCP.
    private static final Set<Integer> SERVER_FIRST = Set.of(25, 53, 3306, 27017);

    private static final Set<String> OTHER_PROTOCOLS =
            Set.of("udp", "mongo", "redis", "mysql", "grpc-web", "hbone");

    private PortProtocols() {}

    /// Of a Kubernetes service port: `appProtocol` first, then the part of the name before `-`.
    static AppProtocol ofService(String transport, String appProtocol, String name, int port) {
        if (!transport.equals("TCP")) {
            return AppProtocol.UNKNOWN;
        }
        if (!appProtocol.isEmpty()) {
            return named(
                    switch (appProtocol) {
                        case "kubernetes.io/h2c" -> "http2";
                        case "kubernetes.io/ws" -> "http";
                        case "kubernetes.io/wss" -> "https";
                        default -> appProtocol;
                    });
        }
        int dash = name.startsWith("grpc-web") ? -1 : name.indexOf('-');
        var prefix = dash < 0 ? name : name.substring(0, dash);
        var found = named(name.startsWith("grpc-web") ? "grpc-web" : prefix);
        return found == AppProtocol.UNKNOWN && !declared(prefix) && SERVER_FIRST.contains(port)
                ? AppProtocol.TCP
                : found;
    }

    /// Of a ServiceEntry port. As istiod: a protocol that ztunnels have no word for is not said to
    /// be TCP either.
    static AppProtocol named(String protocol) {
        return switch (protocol.toLowerCase(Locale.ROOT)) {
            case "http" -> AppProtocol.HTTP11;
            case "http2" -> AppProtocol.HTTP2;
            case "grpc" -> AppProtocol.GRPC;
            case "https", "tls" -> AppProtocol.TLS;
            case "tcp" -> AppProtocol.TCP;
            default -> AppProtocol.UNKNOWN;
        };
    }

    private static boolean declared(String prefix) {
        return OTHER_PROTOCOLS.contains(prefix.toLowerCase(Locale.ROOT))
                || named(prefix) != AppProtocol.UNKNOWN;
    }
}
