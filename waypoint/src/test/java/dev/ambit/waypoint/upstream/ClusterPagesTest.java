package dev.ambit.waypoint.upstream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class ClusterPagesTest {
    private final ManualControl control = new ManualControl();
    private final ClusterStore store =
            new ClusterStore(control, new MemoryResolver(), UpstreamLimits.defaults(), 1);

    private Host cluster(Endpoint.Health health) {
        store.upstreams(control::execute, new MemoryPools(), new SplittableRandom(1));
        var config =
                Samples.with(
                        Samples.cluster("c", new Discovery.Eds("c"), Samples.roundRobin()),
                        new OutlierConfig(
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(30),
                                Duration.ofMinutes(5),
                                Duration.ZERO,
                                100,
                                false,
                                new OutlierConfig.Consecutive(1, 100, 0, 0, 0, 0),
                                OutlierConfig.SuccessRate.DEFAULTS,
                                OutlierConfig.FailurePercentage.DEFAULTS,
                                false,
                                Set.of()));
        store.apply(
                Samples.with(
                        config,
                        new BreakerConfig(4_294_967_295L, 2, 3, 4, Optional.empty(), false)));
        store.endpoints(
                "c", Samples.set(Samples.group(1, 1, Samples.endpoint("10.0.0.1", 80, health, 2))));
        return requireNonNull(store.cluster("c")).hosts().iterator().next();
    }

    /// Line by line what Envoy 1.40.0 prints, its numbers aside.
    @Test
    void text_ofACluster_isEnvoys() {
        var host = cluster(Endpoint.Health.UNHEALTHY);
        host.requestStarted();
        host.report(new UpstreamHost.HostResult.Answered(500));
        control.run();
        assertThat(ClusterPages.text(store.status()))
                .isEqualTo(
                        """
                        c::observability_name::c
                        c::outlier::success_rate_average::-1
                        c::outlier::success_rate_ejection_threshold::-1
                        c::outlier::local_origin_success_rate_average::-1
                        c::outlier::local_origin_success_rate_ejection_threshold::-1
                        c::default_priority::max_connections::4294967295
                        c::default_priority::max_pending_requests::2
                        c::default_priority::max_requests::3
                        c::default_priority::max_retries::4
                        c::high_priority::max_connections::1024
                        c::high_priority::max_pending_requests::1024
                        c::high_priority::max_requests::1024
                        c::high_priority::max_retries::3
                        c::added_via_api::true
                        c::eds_service_name::c
                        c::10.0.0.1:80::cx_active::0
                        c::10.0.0.1:80::cx_connect_fail::0
                        c::10.0.0.1:80::cx_total::0
                        c::10.0.0.1:80::rq_active::1
                        c::10.0.0.1:80::rq_error::1
                        c::10.0.0.1:80::rq_pending_active::0
                        c::10.0.0.1:80::rq_success::0
                        c::10.0.0.1:80::rq_timeout::0
                        c::10.0.0.1:80::rq_total::1
                        c::10.0.0.1:80::hostname::
                        c::10.0.0.1:80::health_flags::/failed_outlier_check/failed_eds_health
                        c::10.0.0.1:80::weight::2
                        c::10.0.0.1:80::region::r
                        c::10.0.0.1:80::zone::z1
                        c::10.0.0.1:80::sub_zone::
                        c::10.0.0.1:80::canary::false
                        c::10.0.0.1:80::priority::1
                        c::10.0.0.1:80::success_rate::-1
                        c::10.0.0.1:80::local_origin_success_rate::-1
                        """);
    }

    @Test
    void json_ofACluster_isEnvoys() {
        cluster(Endpoint.Health.HEALTHY);
        var expected =
                """
                {"cluster_statuses": [{"name": "c", "added_via_api": true, "host_statuses": [
                  {"address": {"socket_address": {"address": "10.0.0.1", "port_value": 80}},
                   "stats": [{"name": "cx_connect_fail"}, {"name": "cx_total"},
                     {"name": "rq_error"}, {"name": "rq_success"}, {"name": "rq_timeout"},
                     {"name": "rq_total"}, {"type": "GAUGE", "name": "cx_active"},
                     {"type": "GAUGE", "name": "rq_active"},
                     {"type": "GAUGE", "name": "rq_pending_active"}],
                   "health_status": {"eds_health_status": "HEALTHY"}, "weight": 2, "priority": 1,
                   "locality": {"region": "r", "zone": "z1"}}],
                 "circuit_breakers": {"thresholds": [
                   {"max_connections": 4294967295, "max_pending_requests": 2, "max_requests": 3,
                    "max_retries": 4},
                   {"priority": "HIGH", "max_connections": 1024, "max_pending_requests": 1024,
                    "max_requests": 1024, "max_retries": 3}]},
                 "observability_name": "c", "eds_service_name": "c"}]}
                """;
        assertThat(JsonParser.parseString(ClusterPages.json(store.status())))
                .isEqualTo(JsonParser.parseString(expected));
    }

    @Test
    void json_ofATunnelledHost_namesTheListener() {
        store.apply(
                Samples.cluster(
                        "encap",
                        new Discovery.OriginalTunnel("envoy://connect_originate/"),
                        Samples.roundRobin()));
        var upstreams =
                store.upstreams(control::execute, new MemoryPools(), new SplittableRandom());
        var upstream = requireNonNull(upstreams.find("encap"));
        upstream.request(
                Samples.request("", new java.net.InetSocketAddress("10.0.0.1", 80)),
                dev.ambit.waypoint.stage.Permit.forService(),
                new Upstream.RequestListener() {
                    @Override
                    public void onReady(
                            UpstreamHost host,
                            dev.ambit.waypoint.http.ClientConnection connection,
                            Upstream.ConnectionFacts facts) {}

                    @Override
                    public void onFailed(UpstreamFailure failure) {}
                });
        assertThat(ClusterPages.json(store.status()))
                .contains("\"server_listener_name\" : \"connect_originate\"");
        assertThat(List.of(ClusterPages.text(store.status()).split("\n")))
                .contains("encap::envoy://connect_originate/::cx_active::0");
    }
}
