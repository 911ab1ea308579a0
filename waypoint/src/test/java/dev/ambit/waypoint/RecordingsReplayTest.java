package dev.ambit.waypoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.core.JsonFactory;
import dev.ambit.mesh.proto.discovery.AggregatedDiscoveryServiceGrpc;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.xds.WdsClient;
import dev.ambit.waypoint.config.WaypointConfig;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.pool.TunnelSettings;
import dev.ambit.waypoint.upstream.ClusterStore;
import dev.ambit.waypoint.upstream.ControlThread;
import dev.ambit.waypoint.upstream.Resolver;
import dev.ambit.waypoint.upstream.UpstreamLimits;
import dev.ambit.waypoint.xds.AdsEvents;
import dev.ambit.waypoint.xds.ClusterUpdates;
import dev.ambit.waypoint.xds.Recorded;
import dev.ambit.waypoint.xds.WaypointXds;
import dev.ambit.waypoint.xds.XdsLimits;
import dev.ambit.waypoint.xds.dump.ConfigDump;
import dev.ambit.waypoint.xds.secret.SecretStore;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a real istiod sent to each of its waypoints and gateways is sent again, by a real gRPC
/// server: every resource is taken.
class RecordingsReplayTest {
    private static final String NONE = "no recordings: see AMBIT_RECORDINGS";

    static List<String> gateways() throws IOException {
        var all = Recorded.gateways();
        return all.isEmpty() ? List.of(NONE) : all;
    }

    /// Says what was recorded, as it is asked for.
    private static final class Istiod
            extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
        private static final Map<String, String> FILES =
                Map.of(
                        "Cluster", "cds",
                        "ClusterLoadAssignment", "eds",
                        "Listener", "lds",
                        "Workload", "wds");

        private final String gateway;
        private final List<String> refusals = new CopyOnWriteArrayList<>();

        Istiod(String gateway) {
            this.gateway = gateway;
        }

        @Override
        public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
                StreamObserver<DeltaDiscoveryResponse> out) {
            return new StreamObserver<>() {
                @Override
                public void onNext(DeltaDiscoveryRequest request) {
                    if (request.hasErrorDetail()) {
                        refusals.add(request.getErrorDetail().getMessage());
                    }
                    if (request.getResponseNonce().isEmpty()) {
                        answer(request);
                    }
                }

                private void answer(DeltaDiscoveryRequest request) {
                    var url = request.getTypeUrl();
                    var file = FILES.get(url.substring(url.lastIndexOf('.') + 1));
                    if (file == null) {
                        return;
                    }
                    try {
                        for (var message : Recorded.messages(gateway, file)) {
                            out.onNext(message);
                        }
                    } catch (IOException unreadable) {
                        throw new IllegalStateException(gateway, unreadable);
                    }
                }

                @Override
                public void onError(Throwable gone) {
                    // The client has heard enough.
                }

                @Override
                public void onCompleted() {}
            };
        }
    }

    private record Quiet(List<String> rejected, CountDownLatch listeners) implements AdsEvents {
        @Override
        public void received(String typeUrl, int bytes) {}

        @Override
        public void rejected(String typeUrl, String resource, String reason) {
            rejected.add(resource + ": " + reason);
        }

        @Override
        public void accepted(String typeUrl) {
            if (typeUrl.endsWith("Listener")) {
                listeners.countDown();
            }
        }

        @Override
        public void connected() {}

        @Override
        public void terminated(String reason, String detail) {
            rejected.add("ended: " + detail);
        }
    }

    @ParameterizedTest
    @MethodSource("gateways")
    void recordedGateway_isTakenAsAWhole(String gateway) throws Exception {
        assumeFalse(gateway.equals(NONE), NONE);
        var istiod = new Istiod(gateway);
        var name = InProcessServerBuilder.generateName();
        var server = InProcessServerBuilder.forName(name).addService(istiod).build().start();
        var config = WaypointConfig.from(List.of(), Map.of());
        var rejected = new CopyOnWriteArrayList<String>();
        var listeners = new CountDownLatch(1);
        var ready = new CountDownLatch(1);
        try (var control = new ControlThread();
                var assembled = Assembled.of(config, Clock.systemUTC(), new SplittableRandom(1))) {
            Resolver nobody = (_, _) -> new Resolver.Answer.None();
            var clusters = new ClusterStore(control, nobody, UpstreamLimits.defaults(), 1);
            var updates = new ClusterUpdates(clusters, "cluster.local");
            var secrets = new SecretStore(Optional::empty);
            var xds =
                    new WaypointXds(
                            new WaypointXds.Takers(
                                    assembled.compilers(), updates, secrets, assembled.mesh()),
                            new WaypointXds.Wiring(
                                    connector(name),
                                    Waypoint.node(config),
                                    new Quiet(rejected, listeners),
                                    new XdsLimits(
                                            Duration.ofMillis(200), 4096, Duration.ofHours(1)),
                                    Thread::sleep,
                                    System::nanoTime,
                                    Clock.systemUTC()),
                            ready::countDown);
            var thread = Thread.ofVirtual().start(xds);
            try {
                assertThat(ready.await(20, TimeUnit.SECONDS))
                        .as("%s %s", gateway, rejected)
                        .isTrue();
                assertThat(listeners.await(20, TimeUnit.SECONDS)).as("%s", rejected).isTrue();
                assertThat(istiod.refusals).isEmpty();
                assertThat(rejected).isEmpty();
                check(gateway, xds, clusters, updates);
                dumped(gateway, xds, secrets);
            } finally {
                xds.close();
                thread.interrupt();
                thread.join(Duration.ofSeconds(20));
                clusters.close();
            }
        } finally {
            server.shutdownNow();
        }
    }

    private static WdsClient.Connector connector(String name) {
        return new WdsClient.Connector() {
            @Override
            public ManagedChannel connect() {
                return InProcessChannelBuilder.forName(name).build();
            }

            @Override
            public Metadata headers() {
                return new Metadata();
            }
        };
    }

    /// Every chain that istiod sent can be reached, but for those that nothing leads to, and sends
    /// to clusters that are there.
    private static void check(
            String gateway, WaypointXds xds, ClusterStore clusters, ClusterUpdates updates)
            throws IOException {
        var model = xds.model();
        assertThat(model.tunnel()).isPresent();
        for (var rule : model.chains().rules()) {
            for (var chain : tcp(rule)) {
                assertThat(clusters.config(chain)).as("%s: %s", gateway, chain).isNotNull();
            }
        }
        assertThat(clusters.configs()).hasSize(Recorded.resources(gateway, "cds").size());
        assertThat(updates.peerTrustDomains()).contains("cluster.local");
        boolean waypoint = gateway.contains("/waypoint-");
        boolean baggage = waypoint && gateway.contains("baggage");
        assertThat(model.originate().baggage()).isEqualTo(baggage);
        if (waypoint) {
            assertThat(model.tunnel().get().telemetry().tellsBaggage()).isEqualTo(baggage);
            boolean shorter = gateway.startsWith("waypoint-telemetry-meshconfig/");
            var idle = shorter ? Duration.ofMinutes(5) : Duration.ofHours(1);
            assertThat(updates.tunnels()).contains(new TunnelSettings(idle, 0, 0));
        }
    }

    private static List<String> tcp(PortRule rule) {
        var names = new ArrayList<String>();
        switch (rule) {
            case PortRule.Tcp(var chain) ->
                    chain.clusters().forEach(cluster -> names.add(cluster.name()));
            case PortRule.Auto(_, var chain, _) ->
                    chain.clusters().forEach(cluster -> names.add(cluster.name()));
            case PortRule.Http _ -> {}
            case PortRule.BySource by -> {
                by.sources().values().forEach(each -> names.addAll(tcp(each)));
                names.addAll(tcp(by.otherwise()));
            }
        }
        names.removeIf(name -> name.startsWith("outbound|") || name.contains("zero-weight"));
        return names;
    }

    /// The dump is JSON, with every resource that is held.
    private static void dumped(String gateway, WaypointXds xds, SecretStore secrets)
            throws IOException {
        var text =
                ConfigDump.text(
                        new ConfigDump.Source(
                                Waypoint.node(WaypointConfig.from(List.of(), Map.of())),
                                xds.ledgers(),
                                secrets.all(),
                                xds.skipped(),
                                Instant.EPOCH),
                        true);
        try (var parser = new JsonFactory().createParser(text)) {
            while (parser.nextToken() != null) {
                // Reading it is the test.
            }
        }
        assertThat(text).as(gateway).doesNotContain("not_readable");
        for (var resource : Recorded.resources(gateway, "cds")) {
            assertThat(text).contains("\"name\":\"" + resource.getName() + "\"");
        }
        assertThat(text)
                .contains("envoy.admin.v3.ListenersConfigDump")
                .contains("connect_terminate");
    }

    @Test
    void limits_defaults() {
        assertThat(WaypointLimits.defaults())
                .isEqualTo(
                        new WaypointLimits(
                                4096,
                                Duration.ofMillis(100),
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(5),
                                Duration.ofMillis(50)));
        assertThat(XdsLimits.defaults())
                .isEqualTo(new XdsLimits(Duration.ofSeconds(15), 4096, Duration.ofSeconds(10)));
    }
}
