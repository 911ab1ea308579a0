package dev.ambit.waypoint.xds;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Message;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.discovery.Resource;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.mesh.xds.WdsClient;
import dev.ambit.waypoint.route.RouteTable;
import dev.ambit.waypoint.xds.secret.SecretStore;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The whole conversation, against a real gRPC server in this process.
class AdsClientTest {
    private static final String CDS = ResourceTypes.CLUSTER;
    private static final String EDS = ResourceTypes.ENDPOINTS;
    private static final String LDS = ResourceTypes.LISTENER;
    private static final String SDS = ResourceTypes.SECRET;
    private static final String WDS = ResourceTypes.WORKLOAD;
    private static final String WEB = "inbound-vip|80|tcp|web.shop.svc.cluster.local";
    private static final String CREDENTIAL = "kubernetes://ca-cacert";

    private final ScriptedAds ads = new ScriptedAds();
    private final Sink clusters = new Sink();
    private final SecretStore secrets = new SecretStore(Optional::empty);
    private final Events events = new Events();
    private final SteppedSleeper sleeper = new SteppedSleeper();
    private WaypointXds xds = xds(Duration.ofHours(1));
    private Thread thread = Thread.ofVirtual().unstarted(xds);

    AdsClientTest() throws IOException {}

    private WaypointXds xds(Duration warming) {
        return new WaypointXds(
                new WaypointXds.Takers(
                        new FilterCompilers(
                                (_, routes, _) ->
                                        new RouteTable(
                                                routes.getName(),
                                                List.of(),
                                                RouteTable.Options.DEFAULT),
                                FilterCompilers.Telemetry.NONE),
                        clusters,
                        secrets,
                        new MeshStore("")),
                new WaypointXds.Wiring(
                        new ToAds(),
                        new WaypointNode(
                                "10.0.0.9",
                                "wp-1",
                                "shop",
                                "shop.svc.cluster.local",
                                "wp.shop",
                                Map.of("CLUSTER_ID", "Kubernetes", "LABELS", Map.of("a", "b"))),
                        events,
                        new XdsLimits(warming, 4096, Duration.ofSeconds(10)),
                        sleeper,
                        System::nanoTime,
                        Clock.fixed(Instant.EPOCH, ZoneOffset.UTC)),
                () -> events.first.add("first"));
    }

    @AfterEach
    void stop() throws InterruptedException {
        xds.close();
        thread.interrupt();
        if (thread.getState() != Thread.State.NEW) {
            thread.join(Duration.ofSeconds(20));
        }
        ads.close();
    }

    private final class ToAds implements WdsClient.Connector {
        @Override
        public ManagedChannel connect() {
            return ads.channel();
        }

        @Override
        public Metadata headers() {
            return new Metadata();
        }
    }

    /// Takes everything but what is called `bad`.
    private static final class Sink implements ClusterSink {
        private final Map<String, String> clusters = new ConcurrentHashMap<>();
        private final Set<String> endpoints = ConcurrentHashMap.newKeySet();

        @Override
        public void cluster(CompileScope scope, Cluster cluster) throws Refused {
            if (cluster.getName().equals("bad")) {
                throw new Refused("name", "bad", "a good one");
            }
            if (!cluster.getAltStatName().isEmpty()) {
                scope.needsSecret(cluster.getAltStatName());
            }
            var service = cluster.getEdsClusterConfig().getServiceName();
            clusters.put(cluster.getName(), service.isEmpty() ? cluster.getName() : service);
        }

        @Override
        public void removeCluster(String name) {
            clusters.remove(name);
        }

        @Override
        public void endpoints(
                CompileScope scope, String service, ClusterLoadAssignment assignment) {
            endpoints.add(service);
        }

        @Override
        public void removeEndpoints(String service) {
            endpoints.remove(service);
        }

        @Override
        public boolean warm(String cluster) {
            var service = clusters.get(cluster);
            return service == null || endpoints.contains(service);
        }
    }

    private static final class Events implements AdsEvents {
        private final BlockingQueue<String> rejected = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> terminated = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> first = new LinkedBlockingQueue<>();

        @Override
        public void received(String typeUrl, int bytes) {}

        @Override
        public void rejected(String typeUrl, String resource, String reason) {
            rejected.add(resource + ": " + reason);
        }

        @Override
        public void accepted(String typeUrl) {}

        @Override
        public void connected() {}

        @Override
        public void terminated(String reason, String detail) {
            terminated.add(reason);
        }
    }

    /// Wakes only when the test says so.
    private static final class SteppedSleeper implements WdsClient.Sleeper {
        private final BlockingQueue<Duration> asked = new LinkedBlockingQueue<>();
        private final Semaphore steps = new Semaphore(0);

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            asked.add(duration);
            steps.acquire();
        }

        void step() throws InterruptedException {
            ScriptedAds.within(asked, "the client did not wait");
            steps.release();
        }
    }

    // ---- what is said

    private static Resource resource(String name, Message message) {
        return Resource.newBuilder()
                .setName(name)
                .setVersion("v1")
                .setResource(Any.pack(message))
                .build();
    }

    private static DeltaDiscoveryResponse.Builder response(String type, Resource... resources) {
        return DeltaDiscoveryResponse.newBuilder()
                .setTypeUrl(type)
                .setNonce("nonce-" + type.substring(type.length() - 4))
                .addAllResources(List.of(resources));
    }

    private static Resource cluster(String name) {
        return cluster(name, "");
    }

    private static Resource cluster(String name, String secret) {
        return resource(
                name,
                Cluster.newBuilder()
                        .setName(name)
                        .setType(Cluster.DiscoveryType.EDS)
                        .setAltStatName(secret)
                        .build());
    }

    private static Resource endpoints(String name) {
        return resource(name, ClusterLoadAssignment.newBuilder().setClusterName(name).build());
    }

    private static Resource mainListener(String clusterName) {
        var proxy = TcpProxy.newBuilder().setStatPrefix("x").setCluster(clusterName).build();
        return resource(
                "main_internal",
                Listener.newBuilder()
                        .setName("main_internal")
                        .addFilterChains(
                                FilterChain.newBuilder()
                                        .setName("only")
                                        .addFilters(
                                                Filter.newBuilder()
                                                        .setName("tcp_proxy")
                                                        .setTypedConfig(Any.pack(proxy))))
                        .build());
    }

    private static Resource unknownListener() {
        return resource(
                "main_internal",
                Listener.newBuilder()
                        .setName("main_internal")
                        .addFilterChains(
                                FilterChain.newBuilder()
                                        .setName("only")
                                        .addFilters(
                                                Filter.newBuilder()
                                                        .setName("what")
                                                        .setTypedConfig(
                                                                Any.pack(BoolValue.of(true)))))
                        .build());
    }

    /// Subscriptions of a new stream, by type.
    private static Map<String, DeltaDiscoveryRequest> subscriptions(
            ScriptedAds.Stream stream, int count) throws InterruptedException {
        var all = new TreeMap<String, DeltaDiscoveryRequest>();
        for (int i = 0; i < count; i++) {
            var request = stream.request();
            all.put(request.getTypeUrl(), request);
        }
        return all;
    }

    private static DeltaDiscoveryRequest next(ScriptedAds.Stream stream, String type)
            throws InterruptedException {
        var seen = new ArrayList<String>();
        for (int i = 0; i < 10; i++) {
            var request = stream.request();
            if (request.getTypeUrl().equals(type)) {
                return request;
            }
            seen.add(request.getTypeUrl());
        }
        throw new AssertionError("no request of type " + type + " among " + seen);
    }

    // ---- tests

    @Test
    void start_subscribesToAll_clustersFirst_andSaysWhoItIs() throws Exception {
        thread.start();
        var stream = ads.stream();

        var first = stream.request();
        var second = stream.request();
        var third = stream.request();

        assertThat(List.of(first.getTypeUrl(), second.getTypeUrl(), third.getTypeUrl()))
                .containsExactly(CDS, LDS, WDS);
        assertThat(first.getNode().getId())
                .isEqualTo("waypoint~10.0.0.9~wp-1.shop~shop.svc.cluster.local");
        assertThat(first.getNode().getCluster()).isEqualTo("wp.shop");
        assertThat(
                        first.getNode()
                                .getMetadata()
                                .getFieldsOrThrow("LABELS")
                                .getStructValue()
                                .getFieldsOrThrow("a")
                                .getStringValue())
                .isEqualTo("b");
        assertThat(first.getResourceNamesSubscribeList()).isEmpty();
    }

    @Test
    void endpoints_areAskedForByName_andNoLonger_whenTheClusterIsGone() throws Exception {
        thread.start();
        var stream = ads.stream();
        subscriptions(stream, 3);

        stream.send(response(CDS, cluster(WEB), cluster("other")));
        assertThat(stream.request().getResponseNonce()).isEqualTo("nonce-ster");
        assertThat(stream.request().getResourceNamesSubscribeList()).containsExactly(WEB, "other");

        stream.send(response(CDS).addRemovedResources("other"));
        assertThat(next(stream, CDS).hasErrorDetail()).isFalse();
        assertThat(next(stream, EDS).getResourceNamesUnsubscribeList()).containsExactly("other");
        assertThat(clusters.clusters).containsOnlyKeys(WEB);
    }

    @Test
    void listener_waitsForTheEndpointsThatItNeeds() throws Exception {
        thread.start();
        var stream = ads.stream();
        subscriptions(stream, 3);
        stream.send(response(CDS, cluster(WEB)));
        next(stream, EDS);

        stream.send(response(LDS, mainListener(WEB)));
        assertThat(next(stream, LDS).hasErrorDetail()).isFalse();
        assertThat(xds.model().chains().rules()).isEmpty();

        stream.send(response(EDS, endpoints(WEB)));
        next(stream, EDS);
        assertThat(xds.model().chains().rules()).hasSize(1);
    }

    @Test
    void listener_isInEffectWithout_whenTheWaitIsOver() throws Exception {
        xds = xds(Duration.ofMillis(20));
        thread = Thread.ofVirtual().start(xds);
        var stream = ads.stream();
        subscriptions(stream, 3);
        stream.send(response(CDS, cluster(WEB)));
        next(stream, EDS);
        stream.send(response(LDS, mainListener(WEB)));
        next(stream, LDS);

        for (long swaps = 0; swaps == 0; swaps = xds.swaps()) {
            Thread.onSpinWait();
        }

        assertThat(xds.model().chains().rules()).hasSize(1);
    }

    @Test
    void refusedResource_isToldWithItsReason_andTheLastGoodOneStays() throws Exception {
        thread.start();
        var stream = ads.stream();
        subscriptions(stream, 3);
        stream.send(response(CDS));
        next(stream, CDS);
        stream.send(response(LDS, mainListener("none")));
        next(stream, LDS);

        stream.send(response(LDS, unknownListener()));
        var answer = next(stream, LDS);

        assertThat(answer.getErrorDetail().getMessage())
                .contains("main_internal")
                .contains("google.protobuf.BoolValue");
        assertThat(answer.getResponseNonce()).isEqualTo("nonce-ener");
        assertThat(events.rejected).hasSize(1);
        assertThat(xds.model().chains().rules()).hasSize(1);
        var entry = ledger(LDS).entries().getFirst();
        assertThat(entry.good()).isPresent();
        assertThat(entry.refused().orElseThrow().reason()).contains("BoolValue");
    }

    private Ledger ledger(String type) {
        return java.util.Objects.requireNonNull(xds.ledgers().get(type));
    }

    @Test
    void oneBadResource_doesNotKeepOutTheOthers() throws Exception {
        thread.start();
        var stream = ads.stream();
        subscriptions(stream, 3);

        stream.send(response(CDS, cluster("bad"), cluster(WEB)));

        assertThat(next(stream, CDS).getErrorDetail().getMessage()).startsWith("bad: name: 'bad'");
        assertThat(next(stream, EDS).getResourceNamesSubscribeList()).containsExactly(WEB);
    }

    @Test
    void secrets_areAskedForByName_andWaitedFor() throws Exception {
        thread.start();
        var stream = ads.stream();
        subscriptions(stream, 3);

        stream.send(response(CDS, cluster(WEB, CREDENTIAL)));
        assertThat(next(stream, SDS).getResourceNamesSubscribeList()).containsExactly(CREDENTIAL);
        assertThat(secrets.find(CREDENTIAL)).isEmpty();

        var roots =
                CertificateValidationContext.newBuilder()
                        .setTrustedCa(DataSource.newBuilder().setInlineString("PEM"));
        stream.send(
                response(
                        SDS,
                        resource(
                                CREDENTIAL,
                                Secret.newBuilder()
                                        .setName(CREDENTIAL)
                                        .setValidationContext(roots)
                                        .build())));
        next(stream, SDS);
        assertThat(secrets.find(CREDENTIAL)).isPresent();
    }

    @Test
    void reconnect_namesWhatIsHeld_andBringsBackWhatWasRefused() throws Exception {
        thread.start();
        var stream = ads.stream();
        subscriptions(stream, 3);
        stream.send(response(CDS, cluster(WEB), cluster("bad")));
        next(stream, EDS);
        stream.send(response(EDS, endpoints(WEB)));
        next(stream, EDS);
        stream.end();
        sleeper.step();

        var again = subscriptions(ads.stream(), 4);

        var clusters = requireNonNull(again.get(CDS));
        assertThat(clusters.getInitialResourceVersionsMap()).isEqualTo(Map.of(WEB, "v1"));
        var endpoints = requireNonNull(again.get(EDS));
        assertThat(endpoints.getInitialResourceVersionsMap()).isEqualTo(Map.of(WEB, "v1"));
        assertThat(endpoints.getResourceNamesSubscribeList()).containsExactly(WEB);
        assertThat(events.terminated).contains("Complete");
    }

    @Test
    void removalWhileAway_isTakenAfterTheReconnect() throws Exception {
        thread.start();
        var stream = ads.stream();
        subscriptions(stream, 3);
        stream.send(response(CDS, cluster(WEB), cluster("other")));
        next(stream, EDS);
        stream.end();
        sleeper.step();
        var second = ads.stream();
        subscriptions(second, 4);

        second.send(response(CDS).addRemovedResources(WEB));

        next(second, CDS);
        assertThat(new TreeSet<>(clusters.clusters.keySet())).containsExactly("other");
        assertThat(ledger(CDS).versions()).containsOnlyKeys("other");
    }
}
