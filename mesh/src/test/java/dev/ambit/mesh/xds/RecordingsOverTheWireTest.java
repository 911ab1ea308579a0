package dev.ambit.mesh.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.mesh.MeshLimits;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.UnknownPolicy;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.workload.Address;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each recording of a real istiod, sent by a replay server: the state afterwards is what the
/// recording's readable form says, each answer is an ACK, and a reconnect names all that is held.
class RecordingsOverTheWireTest {
    private static final NodeInfo NODE =
            new NodeInfo("1.1.1.1", "z", "istio-system", "node-1", Map.of(), Map.of());

    static Stream<String> cases() throws IOException {
        return RecordingsReplayTest.cases();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void replayed_stateIsAsTheRecordingSays(String name) throws Exception {
        assumeTrue(
                RecordingsReplayTest.recordings().isPresent(),
                "needs the recordings, see AMBIT_RECORDINGS");
        var folder = RecordingsReplayTest.recordings().get().resolve(name);
        var said = JsonParser.parseString(Files.readString(folder.resolve("ztunnel.json")));
        var store = new MeshStore("");
        var rejected = new ArrayList<String>();
        var step = new Semaphore(0);
        try (var ads = new ScriptedAds()) {
            var client =
                    new WdsClient(
                            connector(ads),
                            NODE,
                            store,
                            events(rejected),
                            MeshLimits.defaults(),
                            _ -> step.acquire(),
                            System::nanoTime);
            var thread = Thread.ofVirtual().start(client);
            try {
                var stream = ads.stream();
                stream.request();
                stream.request();
                for (var response :
                        RecordingsReplayTest.responses(folder.resolve("ztunnel.pb.gz"))) {
                    acknowledged(stream, response);
                }
                assertThat(rejected).isEmpty();
                assertHolds(store, said.getAsJsonObject());

                stream.fail(Status.UNAVAILABLE.withDescription("transport is closing"));
                step.release();
                var next = ads.stream();
                assertReported(next.request(), said, "address");
                assertReported(next.request(), said, "authorization");
            } finally {
                client.close();
                thread.interrupt();
                thread.join(Duration.ofSeconds(20));
            }
        }
    }

    private static void acknowledged(ScriptedAds.Stream stream, DeltaDiscoveryResponse response)
            throws InterruptedException {
        stream.send(response.toBuilder());
        var answer = stream.request();
        assertThat(answer.getResponseNonce()).isEqualTo(response.getNonce());
        assertThat(answer.getTypeUrl()).isEqualTo(response.getTypeUrl());
        assertThat(answer.hasErrorDetail()).isFalse();
    }

    private static JsonArray resources(JsonElement said, String type) {
        return said.getAsJsonObject().getAsJsonObject(type).getAsJsonArray("resources");
    }

    private static void assertHolds(MeshStore store, JsonObject said) throws Exception {
        var workloads = new ArrayList<Workload>();
        var services = new ArrayList<Service>();
        for (var resource : resources(said, "address")) {
            switch (AddressMapper.map(message(resource, Address.newBuilder()))) {
                case Change.PutWorkload(var workload) -> workloads.add(workload);
                case Change.PutService(var service) -> services.add(service);
                case Change.PutPolicy _,
                        Change.RefusePolicy _,
                        Change.RemoveAddress _,
                        Change.RemovePolicy _ ->
                        throw new AssertionError("an address is a workload or a service");
            }
        }
        var policies = new ArrayList<Policy>();
        for (var resource : resources(said, "authorization")) {
            var change =
                    new PolicyMapper(UnknownPolicy.DENY)
                            .map(message(resource, Authorization.newBuilder()));
            policies.add(((Change.PutPolicy) change).policy());
        }
        assertThat(store.workloads()).containsExactlyInAnyOrderElementsOf(workloads);
        assertThat(store.services()).containsExactlyInAnyOrderElementsOf(services);
        assertThat(store.policies()).containsExactlyInAnyOrderElementsOf(policies);
    }

    @SuppressWarnings("unchecked")
    private static <M extends Message> M message(JsonElement resource, Message.Builder into)
            throws IOException {
        var json = resource.getAsJsonObject().getAsJsonObject("resource").deepCopy();
        json.remove("@type");
        JsonFormat.parser().merge(json.toString(), into);
        return (M) into.build();
    }

    private static void assertReported(
            DeltaDiscoveryRequest request, JsonElement said, String type) {
        var expected = new HashMap<String, String>();
        for (var resource : resources(said, type)) {
            var object = resource.getAsJsonObject();
            var version = object.get("version");
            expected.put(
                    object.get("name").getAsString(), version == null ? "" : version.getAsString());
        }
        assertThat(request.getInitialResourceVersionsMap()).isEqualTo(expected);
    }

    private static WdsClient.Connector connector(ScriptedAds ads) {
        return new WdsClient.Connector() {
            @Override
            public ManagedChannel connect() {
                return ads.channel();
            }

            @Override
            public Metadata headers() {
                return new Metadata();
            }
        };
    }

    private static WdsEvents events(List<String> rejected) {
        return new WdsEvents() {
            @Override
            public void received(String typeUrl, int bytes) {}

            @Override
            public void rejected(String typeUrl, String resource, String reason) {
                rejected.add(resource + ": " + reason);
            }

            @Override
            public void terminated(String reason, String detail) {}

            @Override
            public void ready() {}
        };
    }
}
