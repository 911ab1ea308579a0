package dev.ambit.control.compile;

import dev.ambit.mesh.proto.workload.AppProtocol;
import java.util.Locale;
import java.util.Set;

/// Which protocol a port speaks, from what people wrote about it.
final class PortProtocols {
    /// Ports whose protocol has the server speak first: without a declaration they are plain TCP.
    private static final Set<Integer> SERVER_FIRST = Set.of(25, 53, 3306, 27017);

    private static final String GRPC_WEB = "grpc-web";

    private static final Set<String> OTHER_PROTOCOLS =
            Set.of("udp", "mongo", "redis", "mysql", GRPC_WEB, "http_proxy");

    private PortProtocols() {}

    /// Of a Kubernetes service port: of `appProtocol`, else of the name, the part before `-`.
    static AppProtocol ofService(String transport, String appProtocol, String name, int port) {
        if (transport.equals("UDP")) {
            return AppProtocol.UNKNOWN;
        }
        return switch (appProtocol) {
            case "kubernetes.io/h2c" -> AppProtocol.HTTP2;
            case "kubernetes.io/ws" -> AppProtocol.HTTP11;
            case "kubernetes.io/wss" -> AppProtocol.TLS;
            case "" -> ofText(name, port);
            default -> ofText(appProtocol, port);
        };
    }

    private static AppProtocol ofText(String text, int port) {
        if (text.toLowerCase(Locale.ROOT).startsWith(GRPC_WEB)) {
            return AppProtocol.UNKNOWN;
        }
        int dash = text.indexOf('-');
        var prefix = dash < 0 ? text : text.substring(0, dash);
        return SERVER_FIRST.contains(port) && !declared(prefix) ? AppProtocol.TCP : named(prefix);
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
