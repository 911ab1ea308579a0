package dev.ambit.control.l7.listener;

import dev.ambit.control.resource.observe.ProxyDefaults;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertDetails;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ServerHeaderTransformation;
import java.util.Optional;

/// Headers that a proxy adds, as `proxyHeaders` says.
///
/// @param requestId false: none is made; empty: as the proxy does by default
/// @param suppressed no `x-envoy-…` headers
record HeaderSettings(
        String serverName,
        ServerHeaderTransformation transformation,
        ForwardClientCertDetails forwardClientCert,
        Optional<Boolean> requestId,
        boolean suppressed) {
    private static final String SERVER = "istio-envoy";

    static HeaderSettings of(ProxyDefaults.Headers headers) {
        boolean off = headers.serverDisabled().orElse(false);
        return new HeaderSettings(
                off ? "" : headers.server().isEmpty() ? SERVER : headers.server(),
                off
                        ? ServerHeaderTransformation.PASS_THROUGH
                        : ServerHeaderTransformation.OVERWRITE,
                forward(headers.forwardedClientCert()),
                headers.requestIdDisabled().filter(d -> d).map(d -> false),
                headers.debugHeadersDisabled().orElse(false));
    }

    private static ForwardClientCertDetails forward(ProxyDefaults.ForwardClientCert said) {
        return switch (said) {
            case UNDEFINED, APPEND_FORWARD -> ForwardClientCertDetails.APPEND_FORWARD;
            case SANITIZE -> ForwardClientCertDetails.SANITIZE;
            case FORWARD_ONLY -> ForwardClientCertDetails.FORWARD_ONLY;
            case SANITIZE_SET -> ForwardClientCertDetails.SANITIZE_SET;
            case ALWAYS_FORWARD_ONLY -> ForwardClientCertDetails.ALWAYS_FORWARD_ONLY;
        };
    }
}
