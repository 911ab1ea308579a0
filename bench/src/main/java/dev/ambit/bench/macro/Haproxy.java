package dev.ambit.bench.macro;

import dev.ambit.e2e.lab.Command;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;

/// Configuration of HAProxy as a TLS 1.3 relay between two pods: what a proxy in C does with the
/// same bytes, the same cipher and none of the rest (no multiplexing, no policy).
///
/// One thread, mutual authentication, no session resumption (no mesh proxy resumes across
/// identities), no logs, everything else as it comes.
final class Haproxy {
    static final String PROGRAM = "haproxy";

    /// From an application's port to its ports in the relay.
    private static final int TO_ENTRY = 200;

    private static final int TO_EXIT = 100;

    private static final String COMMON =
            """
            global
                nbthread 1
                maxconn 4000
                tune.ssl.cachesize 0
                ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets
                ssl-default-bind-ciphersuites TLS_AES_256_GCM_SHA384
                ssl-default-server-options ssl-min-ver TLSv1.3 no-tls-tickets
                ssl-default-server-ciphersuites TLS_AES_256_GCM_SHA384

            defaults
                mode tcp
                timeout connect 5s
                timeout client 1h
                timeout server 1h
            """;

    private Haproxy() {}

    static int entry(AppPort port) {
        return port.number() + TO_ENTRY;
    }

    static int exit(AppPort port) {
        return port.number() + TO_EXIT;
    }

    /// Next to the client: takes plain bytes on loopback, sends TLS.
    static String entrySide(InetAddress exitPod, Path pem, Path roots) {
        var text = new StringBuilder(COMMON);
        for (AppPort port : AppPort.values()) {
            text.append(
                    """

                    listen %s
                        bind 127.0.0.1:%d
                        server exit %s:%d ssl crt %s ca-file %s verify required verifyhost exit no-ssl-reuse
                    """
                            .formatted(
                                    port,
                                    entry(port),
                                    exitPod.getHostAddress(),
                                    exit(port),
                                    pem,
                                    roots));
        }
        return text.toString();
    }

    /// Next to the server: takes TLS from a client that shows a certificate, sends plain bytes on
    /// loopback.
    static String exitSide(InetAddress own, Path pem, Path roots) {
        var text = new StringBuilder(COMMON);
        for (AppPort port : AppPort.values()) {
            text.append(
                    """

                    listen %s
                        bind %s:%d ssl crt %s ca-file %s verify required
                        server app 127.0.0.1:%d
                    """
                            .formatted(
                                    port,
                                    own.getHostAddress(),
                                    exit(port),
                                    pem,
                                    roots,
                                    port.number()));
        }
        return text.toString();
    }

    /// The first line of `haproxy -v`.
    static String version() {
        return Command.of(PROGRAM, "-v").run(Duration.ofSeconds(5)).lines().findFirst().orElse("?");
    }
}
