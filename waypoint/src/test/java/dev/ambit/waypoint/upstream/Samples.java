package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.pool.HttpClientConfig;
import dev.ambit.waypoint.pool.Target;
import dev.ambit.waypoint.pool.TransportConfig;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Clusters, endpoints and requests for tests.
final class Samples {
    static final TransportConfig PLAIN = transport(HttpClientConfig.Version.HTTP_1);

    private Samples() {}

    static TransportConfig transport(HttpClientConfig.Version version) {
        return new TransportConfig(
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(1),
                Optional.empty(),
                new HttpClientConfig(
                        version,
                        Duration.ofHours(1),
                        Duration.ZERO,
                        0,
                        0,
                        0,
                        0,
                        Duration.ZERO,
                        Duration.ZERO,
                        false,
                        100));
    }

    static ClusterConfig cluster(String name, Discovery discovery, BalancerConfig balancer) {
        return new ClusterConfig(
                new ClusterFacts(name, name, List.of(), "", ""),
                discovery,
                balancer,
                shared(0, false),
                BreakerConfig.DEFAULTS,
                Optional.empty(),
                PLAIN,
                List.of(),
                1 << 20);
    }

    static ClusterConfig cluster(EndpointSet set, BalancerConfig balancer, SharedConfig shared) {
        var base = cluster("c", new Discovery.Static(set), balancer);
        return new ClusterConfig(
                base.facts(),
                base.discovery(),
                balancer,
                shared,
                base.breakers(),
                base.outlier(),
                base.transport(),
                base.matches(),
                base.bufferBytes());
    }

    static ClusterConfig with(ClusterConfig base, BreakerConfig breakers) {
        return new ClusterConfig(
                base.facts(),
                base.discovery(),
                base.balancer(),
                base.shared(),
                breakers,
                base.outlier(),
                base.transport(),
                base.matches(),
                base.bufferBytes());
    }

    static ClusterConfig with(ClusterConfig base, OutlierConfig outlier) {
        return new ClusterConfig(
                base.facts(),
                base.discovery(),
                base.balancer(),
                base.shared(),
                base.breakers(),
                Optional.of(outlier),
                base.transport(),
                base.matches(),
                base.bufferBytes());
    }

    static ClusterConfig with(ClusterConfig base, TransportConfig transport) {
        return new ClusterConfig(
                base.facts(),
                base.discovery(),
                base.balancer(),
                base.shared(),
                base.breakers(),
                base.outlier(),
                transport,
                base.matches(),
                base.bufferBytes());
    }

    static SharedConfig shared(int panic, boolean localityWeighted) {
        return new SharedConfig(panic, localityWeighted, false, false);
    }

    static BalancerConfig roundRobin() {
        return new BalancerConfig.RoundRobin(Optional.empty());
    }

    static BalancerConfig leastRequest() {
        return new BalancerConfig.LeastRequest(2, 1, Optional.empty());
    }

    static Endpoint endpoint(String ip, int port, Endpoint.Health health, int weight) {
        var address = ip + ":" + port;
        return new Endpoint(
                address,
                address,
                new Target.Direct(List.of(new InetSocketAddress(ip, port))),
                "",
                health,
                weight,
                ip,
                "",
                Map.of());
    }

    static Endpoint endpoint(String ip) {
        return endpoint(ip, 80, Endpoint.Health.HEALTHY, 1);
    }

    /// Endpoints `10.0.<priority>.1` and so on, one locality of one priority.
    static EndpointSet.Group group(int priority, int weight, Endpoint... endpoints) {
        return new EndpointSet.Group(
                new Locality("r", "z" + priority, ""), priority, weight, List.of(endpoints));
    }

    static EndpointSet set(EndpointSet.Group... groups) {
        return new EndpointSet(List.of(groups), EndpointSet.DEFAULT_OVERPROVISIONING, false);
    }

    static EndpointSet flat(int count) {
        var all = new ArrayList<Endpoint>();
        for (int i = 1; i <= count; i++) {
            all.add(endpoint("10.0.0." + i));
        }
        return set(group(0, 1, all.toArray(Endpoint[]::new)));
    }

    /// A state without a cluster around it.
    static ClusterState state(ClusterConfig config, EndpointSet set, Control control) {
        var hosts = new java.util.LinkedHashMap<String, Host>();
        var breakers = new CircuitBreakers(config.breakers(), control);
        for (var group : set.groups()) {
            for (var endpoint : group.endpoints()) {
                var host = new Host(endpoint, breakers, config.transport(), 1);
                host.update(endpoint, group.locality(), group.priority(), config.transport());
                host.healthySinceNanos(control.nanoTime());
                hosts.putIfAbsent(endpoint.address(), host);
            }
        }
        return ClusterState.of(config, set, hosts);
    }

    static ConnectionInfo connection(@Nullable InetSocketAddress originalDst) {
        return new ConnectionInfo(
                "",
                "",
                new InetSocketAddress("10.9.9.9", 40_000),
                originalDst,
                "",
                Optional.empty(),
                Optional.empty(),
                0,
                1);
    }

    static PickContext request() {
        return request(OptionalLong.empty(), List.of(), List.of(), 0);
    }

    static PickContext request(
            OptionalLong hash, List<UpstreamHost> tried, List<Integer> priorities, int maxPicks) {
        return new PickContext(
                connection(null),
                hash,
                HttpVersion.HTTP_1_1,
                "",
                false,
                tried,
                priorities,
                maxPicks);
    }

    static PickContext request(String authority, @Nullable InetSocketAddress originalDst) {
        return new PickContext(
                connection(originalDst),
                OptionalLong.empty(),
                HttpVersion.HTTP_1_1,
                authority,
                false,
                List.of(),
                List.of(),
                0);
    }
}
