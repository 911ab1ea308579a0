package dev.ambit.bench.waypoint.peer;

import java.util.Arrays;

/// What is spoken to the waypoint and behind it. Each request and each answer carries {@link
/// #MESSAGE_BYTES}.
public enum Kind {
    HTTP1("http1", 80, 8080),
    HTTP2("http2", 81, 8081),
    GRPC("grpc", 82, 8082);

    public static final int MESSAGE_BYTES = 1_024;

    private final String word;
    private final int servicePort;
    private final int targetPort;

    Kind(String word, int servicePort, int targetPort) {
        this.word = word;
        this.servicePort = servicePort;
        this.targetPort = targetPort;
    }

    public String word() {
        return word;
    }

    public int servicePort() {
        return servicePort;
    }

    public int targetPort() {
        return targetPort;
    }

    static Kind named(String word) {
        return Arrays.stream(values())
                .filter(kind -> kind.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no kind '" + word + "'"));
    }

    static Kind ofTargetPort(int port) {
        return Arrays.stream(values())
                .filter(kind -> kind.targetPort == port)
                .findFirst()
                .orElse(HTTP1);
    }
}
