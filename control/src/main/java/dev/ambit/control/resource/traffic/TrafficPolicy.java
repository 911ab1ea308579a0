package dev.ambit.control.resource.traffic;

import java.util.List;
import java.util.Optional;

/// `trafficPolicy` of a DestinationRule or of one of its subsets.
///
/// @param ports `portLevelSettings`: what they hold replaces the four parts above for their port,
///   also with nothing
public record TrafficPolicy(
        Optional<LoadBalancer> loadBalancer,
        Optional<ConnectionPool> connectionPool,
        Optional<OutlierDetection> outlierDetection,
        Optional<ClientTls> tls,
        List<PortPolicy> ports,
        Optional<Tunnel> tunnel,
        Optional<ProxyProtocol> proxyProtocol,
        Optional<RetryBudget> retryBudget) {

    public static final TrafficPolicy NOTHING =
            new TrafficPolicy(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());

    public TrafficPolicy {
        ports = List.copyOf(ports);
    }

    public record PortPolicy(
            int port,
            Optional<LoadBalancer> loadBalancer,
            Optional<ConnectionPool> connectionPool,
            Optional<OutlierDetection> outlierDetection,
            Optional<ClientTls> tls) {}

    /// Where TCP connections are tunnelled to instead.
    ///
    /// @param post by a POST request instead of CONNECT
    public record Tunnel(boolean post, String targetHost, int targetPort) {}

    /// A header with the client's address before the first byte.
    public enum ProxyProtocol {
        V1,
        V2
    }

    public Optional<PortPolicy> port(int number) {
        return ports.stream().filter(p -> p.port() == number).findFirst();
    }

    public TrafficPolicy withPorts(List<PortPolicy> others) {
        return new TrafficPolicy(
                loadBalancer,
                connectionPool,
                outlierDetection,
                tls,
                others,
                tunnel,
                proxyProtocol,
                retryBudget);
    }
}
