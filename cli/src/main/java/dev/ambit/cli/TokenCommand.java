package dev.ambit.cli;

import dev.ambit.control.ControlSettings;
import dev.ambit.control.token.Account;
import dev.ambit.control.token.TokenIssuer;
import dev.ambit.control.token.TokenIssuer.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A service account token as Kubernetes would project it, where there is no Kubernetes.
@Command(
        name = "token",
        description = "Issue the token of a node's ztunnel, for a mesh without Kubernetes.",
        mixinStandardHelpOptions = true)
final class TokenCommand implements Callable<Integer> {
    @Option(
            names = "--key",
            required = true,
            description = "the issuer's private key (JWK); made, with its JWKS, if absent")
    private Path key = Path.of("");

    @Option(
            names = "--jwks",
            required = true,
            description = "where the public keys go, for `ambit control --token-jwks`")
    private Path jwks = Path.of("");

    @Option(names = "--node", required = true, description = "name of the node it is for")
    private String node = "";

    @Option(
            names = "--ttl",
            defaultValue = "24h",
            description = "lifetime, such as 15m or 24h (default: ${DEFAULT-VALUE})")
    private String ttl = "";

    @Option(
            names = "--issuer",
            defaultValue = "https://kubernetes.default.svc",
            description = "the token's issuer (default: ${DEFAULT-VALUE})")
    private String issuer = "";

    @Override
    public Integer call() {
        try {
            var clock = Clock.systemUTC();
            if (!Files.exists(key)) {
                var fresh = TokenIssuer.create(issuer, clock);
                fresh.saveKey(key);
                fresh.saveJwks(jwks);
            }
            Account account = ControlSettings.ZTUNNEL;
            System.out.println(
                    TokenIssuer.load(key, issuer, clock)
                            .issue(
                                    Subject.onNode(account, "ztunnel-" + node, node),
                                    ControlSettings.AUDIENCE,
                                    Duration.parse("PT" + ttl.toUpperCase(java.util.Locale.ROOT))));
            return 0;
        } catch (IOException | java.time.format.DateTimeParseException failed) {
            System.err.println("ambit token: " + failed.getMessage());
            return 1;
        }
    }
}
