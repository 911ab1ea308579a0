package dev.ambit.control.l7.registry;

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
