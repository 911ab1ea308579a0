package dev.ambit.waypoint.model;

import java.util.Map;
import java.util.Set;

/// What is spoken on a port, and the chain for it.
public sealed interface PortRule {
    record Http(HttpChain chain) implements PortRule {}

    record Tcp(TcpChain chain) implements PortRule {}

    /// Known only once the first bytes have come.
    ///
    /// @param versions that go to `http`; everything else goes to `tcp`
    record Auto(HttpChain http, TcpChain tcp, Set<Spoken> versions) implements PortRule {}

    /// By who sent the CONNECT, its header `x-istio-source`: east-west gateways pass what comes
    /// from waypoints and gateways on to the service, and everything else to the service's
    /// waypoint.
    record BySource(Map<String, PortRule> sources, PortRule otherwise) implements PortRule {
        /// Never another `BySource`.
        public PortRule rule(String source) {
            return sources.getOrDefault(source, otherwise);
        }
    }

    /// The rule for connections of one source.
    ///
    /// @param source `x-istio-source` of the CONNECT; empty for none
    default PortRule from(String source) {
        return this instanceof BySource sources ? sources.rule(source) : this;
    }

    /// As `http_inspector` tells protocols apart.
    enum Spoken {
        /// `http/1.0`, and older.
        HTTP_1_0,
        /// `http/1.1`.
        HTTP_1_1,
        /// `h2c`: the preface of HTTP/2.
        H2C
    }
}
