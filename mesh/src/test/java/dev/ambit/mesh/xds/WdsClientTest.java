package dev.ambit.mesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.Value;
import dev.ambit.mesh.MeshLimits;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.RefusedPolicy;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.discovery.Resource;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.security.Scope;
import dev.ambit.mesh.proto.workload.Address;
import dev.ambit.mesh.proto.workload.Service;
import dev.ambit.mesh.proto.workload.Workload;
import dev.ambit.mesh.store.MeshStore;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WdsClientTest {
    private static final String CART = "c//Pod/shop/cart";
    private static final String PAY = "c//Pod/shop/pay";
    private static final Metadata.Key<String> CLUSTER =
            Metadata.Key.of("clusterid", Metadata.ASCII_STRING_MARSHALLER);
    private static final NodeInfo NODE =
            new NodeInfo(
                    "10.0.0.9",
                    "ztunnel-x",
                    "istio-system",
                    "node-1",
                    Map.of("CLUSTER_ID", "Kubernetes"),
                    Map.of());

    private final ScriptedAds ads = new ScriptedAds();
    private final MeshStore store = new MeshStore("");
    private final Events events = new Events();
    private final SteppedSleeper sleeper = new SteppedSleeper();
    private final AtomicLong nanoTime = new AtomicLong();
    private final WdsClient client =
            new WdsClient(
                    new ToAds(),
                    NODE,
                    store,
                    events,
                    MeshLimits.defaults(),
                    sleeper,
                    nanoTime::get);
    private final Thread thread = Thread.ofVirtual().unstarted(client);
    private volatile boolean unreachable;

    WdsClientTest() throws IOException {}

    @AfterEach
    void stop() throws InterruptedException {
        client.close();
        thread.interrupt();
        if (thread.getState() != Thread.State.NEW) {
            thread.join(Duration.ofSeconds(20));
        }
        ads.close();
    }

    private final class ToAds implements WdsClient.Connector {
        @Override
        public ManagedChannel connect() throws IOException {
            if (unreachable) {
                throw new IOException("no route to host");
            }
            return ads.channel();
        }

        @Override
        public Metadata headers() {
            var headers = new Metadata();
            headers.put(CLUSTER, "Kubernetes");
            return headers;
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

        Duration step() throws InterruptedException {
            var duration = ScriptedAds.within(asked, "the client did not wait");
            steps.release();
            return duration;
        }
    }

    private static final class Events implements WdsEvents {
        private final BlockingQueue<String> rejected = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> terminated = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> ready = new LinkedBlockingQueue<>();

        @Override
        public void received(String typeUrl, int bytes) {
            received.add(typeUrl + " " + (bytes > 0));
        }

        @Override
        public void rejected(String typeUrl, String resource, String reason) {
            rejected.add(resource + ": " + reason);
        }

        @Override
        public void terminated(String reason, String detail) {
            terminated.add(reason + ": " + detail);
        }

        @Override
        public void ready() {
            ready.add("ready");
        }
    }

    private ScriptedAds.Stream subscribed() throws InterruptedException {
        if (thread.getState() == Thread.State.NEW) {
            thread.start();
        }
        var stream = ads.stream();
        stream.request();
        stream.request();
        return stream;
    }

    private static Message workload(String uid, int... address) {
        return Address.newBuilder().setWorkload(workloadOf(uid, address)).build();
    }

    private static Workload.Builder workloadOf(String uid, int... address) {
        var bytes = new byte[address.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) address[i];
        }
        return Workload.newBuilder()
                .setUid(uid)
                .setName(uid.substring(uid.lastIndexOf('/') + 1))
                .setNamespace("shop")
                .addAddresses(ByteString.copyFrom(bytes));
    }

    private static Resource resource(String name, String version, Message message) {
        return Resource.newBuilder()
                .setName(name)
                .setVersion(version)
                .setResource(Any.pack(message, "type.googleapis.com"))
                .build();
    }

    private static DeltaDiscoveryResponse.Builder addresses(String nonce, Resource... all) {
        return DeltaDiscoveryResponse.newBuilder()
                .setTypeUrl(WdsClient.ADDRESS)
                .setNonce(nonce)
                .addAllResources(List.of(all));
    }

    private static DeltaDiscoveryResponse.Builder policies(String nonce, Resource... all) {
        return addresses(nonce, all).setTypeUrl(WdsClient.AUTHORIZATION);
    }

    private static Authorization policy(String name) {
        return Authorization.newBuilder().setNamespace("shop").setName(name).build();
    }

    // ---- what is asked

    @Test
    void firstRequests_carryTheNode_andSubscribeToBothTypesWhole() throws Exception {
        thread.start();
        var stream = ads.stream();

        var addresses = stream.request();
        var authorizations = stream.request();

        assertThat(addresses.getTypeUrl()).isEqualTo(WdsClient.ADDRESS);
        assertThat(authorizations.getTypeUrl()).isEqualTo(WdsClient.AUTHORIZATION);
        for (var request : List.of(addresses, authorizations)) {
            assertThat(request.getNode().getId())
                    .isEqualTo(
                            "ztunnel~10.0.0.9~ztunnel-x.istio-system~istio-system.svc.cluster.local");
            assertThat(request.getNode().getMetadata().getFieldsMap())
                    .isEqualTo(
                            Map.of(
                                    "NAME", text("ztunnel-x"),
                                    "NAMESPACE", text("istio-system"),
                                    "INSTANCE_IPS", text("10.0.0.9"),
                                    "NODE_NAME", text("node-1"),
                                    "CLUSTER_ID", text("Kubernetes")));
            assertThat(request.getResourceNamesSubscribeList()).isEmpty();
            assertThat(request.getResourceNamesUnsubscribeList()).isEmpty();
            assertThat(request.getInitialResourceVersionsMap()).isEmpty();
            assertThat(request.getResponseNonce()).isEmpty();
        }
        assertThat(ads.headers().get(CLUSTER)).isEqualTo("Kubernetes");
        assertThat(stream.isSilent()).isTrue();
    }

    private static Value text(String value) {
        return Value.newBuilder().setStringValue(value).build();
    }

    // ---- what is answered

    @Test
    void goodResponse_isApplied_andAcknowledgedWithItsNonce() throws Exception {
        var stream = subscribed();

        stream.send(addresses("n1", resource(CART, "1", workload(CART, 10, 0, 0, 1))));

        var ack = stream.request();
        assertThat(ack.getTypeUrl()).isEqualTo(WdsClient.ADDRESS);
        assertThat(ack.getResponseNonce()).isEqualTo("n1");
        assertThat(ack.hasErrorDetail()).isFalse();
        assertThat(ack.hasNode()).isFalse();
        assertThat(ack.getInitialResourceVersionsMap()).isEmpty();
        assertThat(store.workload(CART)).isPresent();
        assertThat(events.received).containsExactly(WdsClient.ADDRESS + " true");
        assertThat(events.rejected).isEmpty();
    }

    @Test
    void badResource_isNamedWithItsCause_andTheGoodOnesAreKept() throws Exception {
        var stream = subscribed();

        stream.send(
                addresses(
                        "n1",
                        resource(CART, "1", workload(CART, 10, 0, 0, 1)),
                        resource("c//Pod/shop/bad", "1", workload("c//Pod/shop/bad", 1, 2, 3)),
                        resource(PAY, "1", workload(PAY, 10, 0, 0, 2))));

        var nack = stream.request();
        assertThat(nack.getResponseNonce()).isEqualTo("n1");
        assertThat(nack.getErrorDetail().getMessage())
                .isEqualTo("c//Pod/shop/bad: addresses: 3 bytes (expected: 4 or 16 bytes)");
        assertThat(events.rejected).containsExactly(nack.getErrorDetail().getMessage());
        assertThat(store.workload(CART)).isPresent();
        assertThat(store.workload(PAY)).isPresent();
        assertThat(store.workload("c//Pod/shop/bad")).isEmpty();
    }

    @Test
    void severalBadResources_areAllNamed_andGarbageIsOneOfThem() throws Exception {
        var stream = subscribed();
        var garbage =
                Resource.newBuilder()
                        .setName("shop/garbage")
                        .setResource(
                                Any.newBuilder()
                                        .setTypeUrl(WdsClient.AUTHORIZATION)
                                        .setValue(ByteString.copyFrom(new byte[] {10, 99})))
                        .build();
        var unknownAction = policy("odd").toBuilder().setActionValue(7).build();

        stream.send(
                policies(
                        "n1",
                        garbage,
                        resource("shop/odd", "", unknownAction),
                        resource("shop/fine", "", policy("fine"))));

        var message = stream.request().getErrorDetail().getMessage();
        assertThat(message)
                .startsWith("shop/garbage: resource: ")
                .contains("; shop/odd: action: 7 (expected: ALLOW or DENY)")
                .doesNotContain("fine");
        assertThat(store.policies()).extracting(p -> p.key()).containsExactly("shop/fine");
    }

    @Test
    void badUpdate_leavesTheLastGoodOne() throws Exception {
        var stream = subscribed();
        stream.send(addresses("n1", resource(CART, "1", workload(CART, 10, 0, 0, 1))));
        stream.request();

        stream.send(addresses("n2", resource(CART, "2", workload(CART, 10))));

        assertThat(stream.request().hasErrorDetail()).isTrue();
        assertThat(store.workload(CART).orElseThrow().addresses().getFirst().getHostAddress())
                .isEqualTo("10.0.0.1");
    }

    @Test
    void typeNobodyAskedFor_isAcknowledged_andChangesNothing() throws Exception {
        var stream = subscribed();

        stream.send(
                addresses("n1", resource(CART, "1", workload(CART, 10, 0, 0, 1)))
                        .setTypeUrl("type.googleapis.com/istio.workload.Other"));

        var ack = stream.request();
        assertThat(ack.getTypeUrl()).isEqualTo("type.googleapis.com/istio.workload.Other");
        assertThat(ack.getResponseNonce()).isEqualTo("n1");
        assertThat(store.workloads()).isEmpty();
    }

    @Test
    void removal_takesWorkloadServiceAndPolicy() throws Exception {
        var stream = subscribed();
        var service =
                Address.newBuilder()
                        .setService(
                                Service.newBuilder()
                                        .setNamespace("shop")
                                        .setHostname("cart.shop.svc")
                                        .setName("cart"))
                        .build();
        stream.send(
                addresses(
                        "n1",
                        resource(CART, "1", workload(CART, 10, 0, 0, 1)),
                        resource("shop/cart.shop.svc", "1", service)));
        stream.request();
        stream.send(policies("n2", resource("shop/p", "", policy("p"))));
        stream.request();
        assertThat(store.service(new ServiceKey("shop", "cart.shop.svc"))).isPresent();

        stream.send(
                addresses("n3")
                        .addRemovedResources(CART)
                        .addRemovedResources("shop/cart.shop.svc"));
        stream.request();
        stream.send(policies("n4").addRemovedResources("shop/p"));
        stream.request();

        assertThat(store.workloads()).isEmpty();
        assertThat(store.services()).isEmpty();
        assertThat(store.policies()).isEmpty();
    }

    @Test
    void ready_isSaidOnce_whenBothTypesWereReceived() throws Exception {
        var stream = subscribed();
        stream.send(addresses("n1"));
        stream.request();
        assertThat(events.ready).isEmpty();

        stream.send(policies("n2"));
        stream.request();
        stream.send(policies("n3"));
        stream.request();

        assertThat(events.ready).hasSize(1);
    }

    /// Istio's ztunnel waits for an ACK, and one bad resource blocks the node. Here what a refused
    /// policy covers is denied, so the rest need not wait.
    @Test
    void ready_isSaid_evenIfAResourceWasRefused() throws Exception {
        var stream = subscribed();
        stream.send(addresses("n1"));
        stream.request();

        stream.send(
                policies(
                        "n2",
                        resource(
                                "shop/odd",
                                "",
                                policy("odd").toBuilder().setActionValue(7).build()),
                        resource("shop/p", "", policy("p"))));

        assertThat(stream.request().hasErrorDetail()).isTrue();
        assertThat(events.ready).hasSize(1);
    }

    @Test
    void refusedNewPolicy_isRemembered_untilItIsGoodOrTakenBack() throws Exception {
        var odd = policy("odd").toBuilder().setScope(Scope.NAMESPACE).setActionValue(7).build();
        var stream = subscribed();
        stream.send(policies("n1", resource("shop/odd", "v1", odd)));
        stream.request();
        assertThat(store.refusedPolicies())
                .containsExactly(
                        new RefusedPolicy(
                                "shop/odd",
                                Policy.Scope.NAMESPACE,
                                "action: 7 (expected: ALLOW or DENY)"));

        stream.send(policies("n2", resource("shop/odd", "v2", policy("odd"))));
        stream.request();
        assertThat(store.refusedPolicies()).isEmpty();

        stream.send(policies("n3", resource("shop/odd", "v3", odd)));
        stream.request();
        assertThat(store.refusedPolicies()).as("the last good one stays").isEmpty();
        assertThat(store.policies()).hasSize(1);

        stream.send(policies("n4", resource("shop/worse", "v4", odd)));
        stream.request();
        stream.send(policies("n5").addRemovedResources("shop/worse"));
        stream.request();
        assertThat(store.refusedPolicies()).isEmpty();
    }

    /// Else nobody would tell that it was taken back meanwhile.
    @Test
    void refusedNewPolicy_isReportedAsHeld() throws Exception {
        var odd = policy("odd").toBuilder().setScopeValue(9).build();
        var stream = subscribed();
        stream.send(policies("n1", resource("shop/odd", "v1", odd)));
        stream.request();
        assertThat(store.refusedPolicies())
                .singleElement()
                .matches(refused -> refused.scope() == Policy.Scope.GLOBAL);

        stream.end();
        sleeper.step();
        var next = ads.stream();
        next.request();

        assertThat(next.request().getInitialResourceVersionsMap())
                .isEqualTo(Map.of("shop/odd", ""));
    }

    // ---- reconnecting

    @Test
    void reconnect_saysWhatIsHeld_andWhatWentMeanwhileGoes() throws Exception {
        var stream = subscribed();
        stream.send(
                addresses(
                        "n1",
                        resource(CART, "v1", workload(CART, 10, 0, 0, 1)),
                        resource(PAY, "v2", workload(PAY, 10, 0, 0, 2)),
                        resource("bad", "v3", workload("", 10, 0, 0, 3))));
        stream.request();
        stream.send(policies("n2", resource("shop/p", "", policy("p"))));
        stream.request();

        stream.fail(Status.UNAVAILABLE.withDescription("going away"));
        sleeper.step();
        var next = ads.stream();
        var held = next.request();
        var heldPolicies = next.request();

        assertThat(held.getInitialResourceVersionsMap()).isEqualTo(Map.of(CART, "v1", PAY, "v2"));
        assertThat(held.getNode().getId()).startsWith("ztunnel~");
        assertThat(heldPolicies.getInitialResourceVersionsMap()).isEqualTo(Map.of("shop/p", ""));
        assertThat(store.workloads()).as("the mesh while it was away").hasSize(2);
        assertThat(events.terminated).containsExactly("Reconnect: UNAVAILABLE: going away");

        next.send(addresses("m1").addRemovedResources(PAY));
        next.request();

        assertThat(store.workload(PAY)).isEmpty();
        assertThat(store.workload(CART)).isPresent();
    }

    /// It is still in the store as it was, so the control plane must hear of it, or it could not
    /// say that it is gone; and without a version, so that it is sent again.
    @Test
    void rejectedUpdate_isReportedAsHeldWithoutAVersion() throws Exception {
        var stream = subscribed();
        stream.send(addresses("n1", resource(CART, "v1", workload(CART, 10, 0, 0, 1))));
        stream.request();
        stream.send(addresses("n2", resource(CART, "v2", workload(CART, 10))));
        stream.request();

        stream.end();
        sleeper.step();
        var next = ads.stream();

        assertThat(next.request().getInitialResourceVersionsMap()).isEqualTo(Map.of(CART, ""));
    }

    @Test
    void removedResource_isNotReportedAsHeld() throws Exception {
        var stream = subscribed();
        stream.send(addresses("n1", resource(CART, "v1", workload(CART, 10, 0, 0, 1))));
        stream.request();
        stream.send(addresses("n2").addRemovedResources(CART));
        stream.request();

        stream.end();
        sleeper.step();

        assertThat(ads.stream().request().getInitialResourceVersionsMap()).isEmpty();
        assertThat(events.terminated)
                .containsExactly("Complete: the control plane ended the stream");
    }

    @Test
    void backoff_doublesUpToItsLimit_andStartsAnewAfterAnAnswer() throws Exception {
        unreachable = true;
        thread.start();
        var waits = new ArrayList<Long>();
        for (int i = 0; i < 14; i++) {
            waits.add(sleeper.step().toMillis());
        }
        var last = sleeper.asked;
        assertThat(waits)
                .containsExactly(
                        20L, 40L, 80L, 160L, 320L, 640L, 1280L, 2560L, 5120L, 10240L, 15000L,
                        15000L, 15000L, 15000L);
        assertThat(events.terminated).contains("ConnectionError: no route to host");

        var pending = ScriptedAds.within(last, "the client did not wait");
        assertThat(pending).isEqualTo(Duration.ofSeconds(15));
        unreachable = false;
        sleeper.steps.release();
        var stream = ads.stream();
        stream.request();
        stream.request();
        stream.send(addresses("n1"));
        stream.request();
        stream.end();

        assertThat(sleeper.step()).isEqualTo(Duration.ofMillis(10));
    }

    @Test
    void refusedBeforeAnyAnswer_countsAsConnectionError() throws Exception {
        var stream = subscribed();

        stream.fail(Status.UNAUTHENTICATED.withDescription("bad token"));
        sleeper.step();

        assertThat(events.terminated)
                .containsExactly("ConnectionError: UNAUTHENTICATED: bad token");
    }

    @Test
    void interrupted_ends_whereverItIs() throws Exception {
        subscribed();

        client.close();
        thread.interrupt();

        assertThat(thread.join(Duration.ofSeconds(20))).isTrue();
    }

    @Test
    void limits_defaults() {
        assertThat(MeshLimits.defaults())
                .isEqualTo(new MeshLimits(Duration.ofMillis(10), Duration.ofSeconds(15), 64));
    }
}
