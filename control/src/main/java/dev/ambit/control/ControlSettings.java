package dev.ambit.control;

import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.resource.PlanSettings;
import dev.ambit.control.resource.Unusable;
import dev.ambit.control.token.Account;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/// How one control plane is run.
///
/// @param directory YAML files; mesh configuration is the file `meshconfig.yaml` in it, other
///   clusters are described in directories `remote-NAME`
/// @param listen xDS and CA over TLS, port 15012 as istiod; port 0: any
/// @param admin HTTP in clear, port 15014 as istiod; port 0: any
/// @param tokens who may connect
/// @param trustedNodeAccounts may ask for identities of pods that run on their node
/// @param compile cluster name, and what istiod has feature flags for
/// @param l7 the same, for waypoints
/// @param plan where hand-written pods run; empty: only pods with a status count
public record ControlSettings(
        Path directory,
        InetSocketAddress listen,
        InetSocketAddress admin,
        Tokens tokens,
        Set<Account> trustedNodeAccounts,
        CompileSettings compile,
        L7Settings l7,
        Optional<PlanSettings> plan) {

    public static final int XDS_PORT = 15012;
    public static final int ADMIN_PORT = 15014;
    public static final String AUDIENCE = "istio-ca";
    public static final Account ZTUNNEL = new Account("istio-system", "ztunnel");

    /// A policy that can't be used refuses, unless istiod is to be followed in what it leaves open.
    Unusable unusable() {
        return compile.failClosed() ? Unusable.REFUSE : Unusable.LEAVE_OUT;
    }

    public ControlSettings {
        trustedNodeAccounts = Set.copyOf(trustedNodeAccounts);
    }

    /// @param jwks file with the public keys; read again when it changes
    /// @param issuer expected `iss`
    /// @param audience expected in `aud`
    public record Tokens(Path jwks, String issuer, String audience) {}

    /// Istio's defaults, on all addresses.
    public static ControlSettings defaults(Path directory, Path jwks, String issuer) {
        return new ControlSettings(
                directory,
                new InetSocketAddress(XDS_PORT),
                new InetSocketAddress(ADMIN_PORT),
                new Tokens(jwks, issuer, AUDIENCE),
                Set.of(ZTUNNEL),
                CompileSettings.defaults(),
                L7Settings.defaults(),
                Optional.empty());
    }

    public ControlSettings listening(InetSocketAddress listen, InetSocketAddress admin) {
        return new ControlSettings(
                directory, listen, admin, tokens, trustedNodeAccounts, compile, l7, plan);
    }

    public ControlSettings planning(PlanSettings plan) {
        return new ControlSettings(
                directory,
                listen,
                admin,
                tokens,
                trustedNodeAccounts,
                compile,
                l7,
                Optional.of(plan));
    }

    public ControlSettings compiling(CompileSettings compile) {
        return new ControlSettings(
                directory, listen, admin, tokens, trustedNodeAccounts, compile, l7, plan);
    }

    public ControlSettings forWaypoints(L7Settings l7) {
        return new ControlSettings(
                directory, listen, admin, tokens, trustedNodeAccounts, compile, l7, plan);
    }
}
