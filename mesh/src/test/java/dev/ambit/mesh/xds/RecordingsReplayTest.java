package dev.ambit.mesh.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ambit.mesh.policy.UnknownPolicy;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.workload.Address;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a real istiod sent, put into the store: all of it is understood and found again.
class RecordingsReplayTest {
    static Optional<Path> recordings() {
        var set = Optional.ofNullable(System.getenv("AMBIT_RECORDINGS")).map(Path::of);
        return set.or(() -> Optional.of(Path.of("../../shared/recordings")))
                .filter(Files::isDirectory);
    }

    static Stream<String> cases() throws IOException {
        if (recordings().isEmpty()) {
            return Stream.of("none");
        }
        try (var all = Files.list(recordings().get())) {
            return all
                    .filter(dir -> Files.exists(dir.resolve("ztunnel.pb.gz")))
                    .map(dir -> dir.getFileName().toString())
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void recording_isUnderstoodWhole(String name) throws Exception {
        assumeTrue(recordings().isPresent(), "needs the recordings, see AMBIT_RECORDINGS");
        var store = new MeshStore("");
        var addresses = new ArrayList<Address>();
        var policies = new ArrayList<Authorization>();
        for (var response : responses(recordings().get().resolve(name).resolve("ztunnel.pb.gz"))) {
            var batch = new ArrayList<Change>();
            for (var resource : response.getResourcesList()) {
                var bytes = resource.getResource().getValue();
                if (response.getTypeUrl().equals(WdsClient.ADDRESS)) {
                    addresses.add(Address.parseFrom(bytes));
                    batch.add(AddressMapper.map(addresses.getLast()));
                } else {
                    policies.add(Authorization.parseFrom(bytes));
                    batch.add(new PolicyMapper(UnknownPolicy.DENY).map(policies.getLast()));
                }
            }
            store.apply(batch);
        }

        assertThat(store.workloads())
                .hasSize((int) addresses.stream().filter(Address::hasWorkload).count());
        assertThat(store.services())
                .hasSize((int) addresses.stream().filter(Address::hasService).count());
        assertThat(store.policies()).hasSize(policies.size());
        for (var workload : store.workloads()) {
            assertThat(store.workload(workload.uid())).hasValue(workload);
            for (var service : workload.services().keySet()) {
                if (store.service(service).isPresent()) {
                    assertThat(store.allEndpoints(service))
                            .anyMatch(e -> e.workload().equals(workload));
                }
            }
        }
        remove(store, addresses, policies);
        assertThat(store.workloads()).isEmpty();
        assertThat(store.services()).isEmpty();
        assertThat(store.policies()).isEmpty();
    }

    private static void remove(
            MeshStore store, List<Address> addresses, List<Authorization> policies) {
        var batch = new ArrayList<Change>();
        for (var address : addresses) {
            batch.add(
                    new Change.RemoveAddress(
                            address.hasWorkload()
                                    ? address.getWorkload().getUid()
                                    : address.getService().getNamespace()
                                            + "/"
                                            + address.getService().getHostname()));
        }
        for (var policy : policies) {
            batch.add(new Change.RemovePolicy(policy.getNamespace() + "/" + policy.getName()));
        }
        store.apply(batch);
    }

    static List<DeltaDiscoveryResponse> responses(Path file) throws IOException {
        var all = new ArrayList<DeltaDiscoveryResponse>();
        try (var in = new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file)))) {
            DeltaDiscoveryResponse response;
            while ((response = DeltaDiscoveryResponse.parseDelimitedFrom(in)) != null) {
                all.add(response);
            }
        }
        return all;
    }
}
