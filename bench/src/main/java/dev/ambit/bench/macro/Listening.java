package dev.ambit.bench.macro;

import dev.ambit.e2e.lab.Command;
import dev.ambit.e2e.lab.NetNamespace;
import java.net.InetAddress;
import java.time.Duration;

/// Whether something listens inside a namespace, asked without connecting to it.
final class Listening {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private Listening() {}

    static boolean inside(NetNamespace namespace, InetAddress address, int port) {
        Command.Result seen =
                namespace
                        .inside("ss", "-Hltn", "src", address.getHostAddress() + ":" + port)
                        .attempt(LIMIT);
        return seen.ok() && !seen.out().isBlank();
    }
}
