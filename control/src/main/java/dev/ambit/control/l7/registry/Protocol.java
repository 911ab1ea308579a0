package dev.ambit.control.l7.registry;

import java.util.Locale;
import java.util.Set;

/// What a service port speaks, as declared by `appProtocol`, the port's name or `protocol`.
public enum Protocol {
    HTTP,
    HTTP_PROXY,
    HTTP2,
    GRPC,
    GRPC_WEB,
    HTTPS,
    TLS,
    TCP,
    MONGO,
    REDIS,
    MYSQL,
    UDP,
    /// Not declared: found out from the first bytes of each connection.
    AUTO;

    /// Ports whose protocol has the server speak first: without a declaration they are plain TCP.
    private static final Set<Integer> SERVER_FIRST = Set.of(25, 53, 3306, 27017);

    /// Of a Kubernetes service port: of `appProtocol`, else of the name, the part before `-`.
    public static Protocol ofService(String transport, String appProtocol, String name, int port) {
        if (transport.equals("UDP")) {
            return UDP;
        }
        return switch (appProtocol) {
            case "kubernetes.io/h2c" -> HTTP2;
            case "kubernetes.io/ws" -> HTTP;
            case "kubernetes.io/wss" -> HTTPS;
            case "" -> ofText(name, port);
            default -> ofText(appProtocol, port);
        };
    }

    private static Protocol ofText(String text, int port) {
        if (text.toLowerCase(Locale.ROOT).startsWith("grpc-web")) {
            return GRPC_WEB;
        }
        int dash = text.indexOf('-');
        var protocol = named(dash < 0 ? text : text.substring(0, dash));
        return protocol == AUTO && SERVER_FIRST.contains(port) ? TCP : protocol;
    }

    /// Of a word, in any case; one that is not known declares nothing.
    public static Protocol named(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "http" -> HTTP;
            case "http_proxy" -> HTTP_PROXY;
            case "http2" -> HTTP2;
            case "grpc" -> GRPC;
            case "grpc-web" -> GRPC_WEB;
            case "https" -> HTTPS;
            case "tls" -> TLS;
            case "tcp" -> TCP;
            case "mongo" -> MONGO;
            case "redis" -> REDIS;
            case "mysql" -> MYSQL;
            case "udp" -> UDP;
            default -> AUTO;
        };
    }

    public boolean isHttp() {
        return switch (this) {
            case HTTP, HTTP_PROXY, HTTP2, GRPC, GRPC_WEB -> true;
            case HTTPS, TLS, TCP, MONGO, REDIS, MYSQL, UDP, AUTO -> false;
        };
    }

    /// HTTP, or found out to be HTTP.
    public boolean mayBeHttp() {
        return isHttp() || this == AUTO;
    }

    public boolean isHttp2() {
        return this == HTTP2 || this == GRPC || this == GRPC_WEB;
    }

    public boolean isTls() {
        return this == HTTPS || this == TLS;
    }

    public boolean isGrpc() {
        return this == GRPC || this == GRPC_WEB;
    }
}
