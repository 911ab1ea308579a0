package dev.ambit.cli;

import dev.ambit.control.Control;
import dev.ambit.control.ControlLimits;
import dev.ambit.control.ControlSettings;
import dev.ambit.control.ServerTls;
import dev.ambit.control.ca.CertificateSigner;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.resource.PlanSettings;
import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.process.log.Logs;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The control plane on a directory of YAML.
@Command(
        name = "control",
        description = "Run the control plane on a directory of Kubernetes and Istio YAML.",
        mixinStandardHelpOptions = true)
final class ControlCommand implements Callable<Integer> {
    private static final Duration MAX_CERTIFICATE_TTL = Duration.ofHours(24);
    private static final Duration SERVER_CERTIFICATE_TTL = Duration.ofDays(365);

    @Option(
            names = "--dir",
            required = true,
            description =
                    "directory with the YAML files; meshconfig.yaml in it is optional,"
                            + " directories remote-NAME in it describe other clusters")
    private Path directory = Path.of("");

    @Option(
            names = "--state",
            required = true,
            description = "directory with the CA's root-key.pem and root-cert.pem; made if absent")
    private Path state = Path.of("");

    @Option(
            names = "--token-jwks",
            required = true,
            description = "public keys of the tokens that clients present, as JWKS")
    private Path jwks = Path.of("");

    @Option(
            names = "--token-issuer",
            defaultValue = "https://kubernetes.default.svc",
            description = "issuer of the tokens (default: ${DEFAULT-VALUE})")
    private String issuer = "";

    @Option(
            names = "--listen",
            defaultValue = "0.0.0.0:15012",
            description = "xDS and CA, gRPC on TLS (default: ${DEFAULT-VALUE})")
    private String listen = "";

    @Option(
            names = "--admin",
            defaultValue = "127.0.0.1:15014",
            description = "readiness, metrics and problems, HTTP (default: ${DEFAULT-VALUE})")
    private String admin = "";

    @Option(
            names = "--server-name",
            defaultValue = "istiod.istio-system.svc,localhost,127.0.0.1",
            split = ",",
            description =
                    "DNS names and addresses of the server certificate (default: ${DEFAULT-VALUE})")
    private List<String> serverNames = List.of();

    @Option(
            names = "--plan-nodes",
            description =
                    "give pods without a status a place on one of N nodes, and addresses, as a"
                            + " cluster would; without it only pods with a status count")
    private @Nullable Integer planNodes;

    @Option(
            names = "--trust-domain",
            defaultValue = "cluster.local",
            description = "name of the CA's root (default: ${DEFAULT-VALUE})")
    private String trustDomain = "";

    @Option(
            names = "--cluster-id",
            defaultValue = "${env:CLUSTER_ID:-Kubernetes}",
            description = "name of the cluster that the directory describes (default: Kubernetes)")
    private String clusterId = "";

    @Option(
            names = "--multi-network",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "${env:AMBIENT_ENABLE_MULTI_NETWORK:-false}",
            description =
                    "reach workloads of other networks through gateways, and use services across"
                            + " clusters only where they are global; always on when there is a"
                            + " directory remote-NAME (default: false)")
    private boolean multiNetwork;

    @Option(
            names = "--dry-run-policies",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "${env:AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY:-false}",
            description = "send policies annotated istio.io/dry-run too (default: false)")
    private boolean dryRunPolicies;

    @Option(
            names = "--auto-allow-waypoints",
            arity = "0..1",
            fallbackValue = "true",
            defaultValue = "${env:PILOT_AUTO_ALLOW_WAYPOINT_POLICY:-false}",
            description = "send policies that let waypoints in (default: false)")
    private boolean autoAllowWaypoints;

    @Option(
            names = "--fail-open-as-istiod",
            description =
                    "leave open what istiod leaves open: a policy that can't be used is left out,"
                            + " port modes that it forgets are not enforced")
    private boolean failOpen;

    @Override
    public Integer call() {
        Logs.install("info", false);
        try {
            run();
            return 0;
        } catch (IOException | IllegalArgumentException failed) {
            System.err.println("ambit control: " + failed.getMessage());
            return 1;
        } catch (InterruptedException stopping) {
            return 0;
        }
    }

    private void run() throws IOException, InterruptedException {
        var clock = Clock.systemUTC();
        var authority = LocalAuthority.load(state, trustDomain, clock, MAX_CERTIFICATE_TTL);
        var server = authority.serverCertificate(serverNames, SERVER_CERTIFICATE_TTL);
        var settings =
                ControlSettings.defaults(directory, jwks, issuer)
                        .listening(address("--listen", listen), address("--admin", admin))
                        .compiling(
                                new CompileSettings(
                                        clusterId,
                                        dryRunPolicies,
                                        autoAllowWaypoints,
                                        multiNetwork,
                                        !failOpen))
                        .forWaypoints(L7Settings.of(System.getenv()));
        if (planNodes != null) {
            settings = settings.planning(PlanSettings.laptop(planNodes));
        }
        try (var control =
                new Control(
                        settings,
                        ControlLimits.defaults(),
                        signer(authority),
                        new ServerTls(server.chainPem(), server.keyPem()),
                        clock)) {
            java.lang.Runtime.getRuntime()
                    .addShutdownHook(Thread.ofPlatform().unstarted(control::close));
            control.start();
            control.awaitTermination();
        }
    }

    private static CertificateSigner signer(LocalAuthority authority) {
        return (csr, id, ttl) -> {
            try {
                return authority.sign(csr, id, ttl);
            } catch (CertificateException refused) {
                throw new CertificateSigner.SigningFault(
                        String.valueOf(refused.getMessage()), refused);
            }
        };
    }

    private static InetSocketAddress address(String option, String text) {
        int colon = text.lastIndexOf(':');
        try {
            return new InetSocketAddress(
                    text.substring(0, Math.max(0, colon)),
                    Integer.parseInt(text.substring(colon + 1)));
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException(
                    option + ": '" + text + "' (expected: ADDRESS:PORT)", malformed);
        }
    }
}
