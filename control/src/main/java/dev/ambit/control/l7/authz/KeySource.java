package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.jwt.Jwks;
import dev.ambit.control.resource.security.RequestAuthentication.JwtRule;
import java.net.URI;

/// Where the keys of an issuer come from.
sealed interface KeySource {
    /// They are written in the rule.
    record Inline(String json) implements KeySource {}

    /// By the control plane.
    record Fetched(Jwks.Answer answer) implements KeySource {}

    /// @param cluster through which the proxy fetches them
    record ByProxy(String cluster) implements KeySource {}

    static KeySource of(JwtRule rule, L7Model model) {
        if (rule.jwksUri().isEmpty()) {
            return local(rule, model);
        }
        var host = Host.of(rule.jwksUri());
        return switch (model.settings().remoteJwks()) {
            case CONTROL -> local(rule, model);
            case PROXY -> new ByProxy(host.cluster());
            // A host that is no service of the mesh can't be reached by the proxy.
            case HYBRID ->
                    model.registry().named(host.name()).size() == 1
                            ? new ByProxy(host.cluster())
                            : local(rule, model);
        };
    }

    private static KeySource local(JwtRule rule, L7Model model) {
        return rule.jwks().isEmpty()
                ? new Fetched(model.jwks().keys(rule.issuer(), rule.jwksUri()))
                : new Inline(rule.jwks());
    }

    /// @param port as written, else that of the scheme
    record Host(String name, int port) {
        private static final int HTTP = 80;
        private static final int HTTPS = 443;

        /// @param uri checked when it was read
        static Host of(String uri) {
            var read = URI.create(uri);
            int usual = "https".equals(read.getScheme()) ? HTTPS : HTTP;
            return new Host(read.getHost(), read.getPort() < 0 ? usual : read.getPort());
        }

        String cluster() {
            return ClusterNames.outbound(port, "", name);
        }
    }
}
