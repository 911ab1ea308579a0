package dev.ambit.waypoint.proxy;

/// How gRPC says what HTTP says otherwise.
final class GrpcWords {
    static final String CONTENT_TYPE = "application/grpc";

    private GrpcWords() {}

    /// What a host is judged by when it answers with a gRPC status in its head.
    static int http(int grpcStatus) {
        return switch (grpcStatus) {
            case 0 -> 200;
            case 1 -> 499;
            case 3, 9, 11 -> 400;
            case 4 -> 504;
            case 5 -> 404;
            case 6, 10 -> 409;
            case 7 -> 403;
            case 8 -> 429;
            case 12 -> 501;
            case 14 -> 503;
            case 16 -> 401;
            default -> 500;
        };
    }
}
