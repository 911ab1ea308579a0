package dev.ambit.control.l7;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.ambit.control.Recordings;
import dev.ambit.control.l7.WaypointRecordings.Recorded;
import dev.ambit.control.l7.WaypointRecordings.Type;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.Protocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class WaypointScopesTest {
    /// The chains of the inner listener say before which ports a waypoint stands, and in which
    /// order.
    @Test
    void scope_recordedInput_standsBeforeTheSamePorts() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        int compared = 0;
        for (var recorded : WaypointRecordings.all()) {
            assertThat(ours(recorded)).as(recorded.toString()).isEqualTo(theirs(recorded));
            compared++;
        }
        assertThat(compared).isGreaterThan(20);
    }

    private static List<String> theirs(Recorded recorded) throws IOException {
        var chains = new LinkedHashSet<String>();
        var listeners = WaypointRecordings.resources(recorded, Type.LDS);
        var internal = Objects.requireNonNull(listeners.get("main_internal"));
        for (var chain : internal.getAsJsonObject().getAsJsonArray("filterChains").asList()) {
            var name = chain.getAsJsonObject().get("name").getAsString();
            if (name.startsWith("inbound-vip|")) {
                chains.add(name.replaceAll("\\|(tcp|http)\\|", "|"));
            }
        }
        return List.copyOf(chains);
    }

    private static List<String> ours(Recorded recorded) throws IOException {
        var scope = TestScopes.of(recorded);
        var chains = new ArrayList<String>();
        for (var service : scope.services()) {
            boolean lookedUp = service.resolution() == MeshService.Resolution.DYNAMIC_DNS;
            for (var port : service.ports()) {
                // The second needs a flag for TLS.
                boolean shown =
                        port.protocol() != Protocol.UDP
                                && !(lookedUp
                                        && port.protocol().isTls()
                                        && !scope.model().settings().wildcardTls());
                if (shown) {
                    chains.add("inbound-vip|" + port.number() + "|" + service.hostname());
                }
            }
        }
        return chains;
    }
}
