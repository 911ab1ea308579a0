package dev.ambit.waypoint.xds.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import java.util.ArrayList;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

final class RecordedClustersTest {
    @Test
    void everyRecordedCluster_compiled_isAcceptedTwiceAlike() throws Exception {
        assumeTrue(RecordedClusters.directory().isPresent(), "no recordings");
        var refused = new ArrayList<String>();
        int count = 0;
        for (var gateway : RecordedClusters.gateways()) {
            for (var cluster : RecordedClusters.clusters(gateway).values()) {
                count++;
                try {
                    var once = ClusterCompiler.compile(cluster, new CompileScope());
                    var again = ClusterCompiler.compile(cluster, new CompileScope());
                    assertThat(again).isEqualTo(once);
                } catch (Refused e) {
                    refused.add(gateway + ": " + e.getMessage());
                }
            }
        }
        assertThat(refused).isEmpty();
        assertThat(count).isGreaterThan(400);
    }

    @Test
    void everyRecordedEndpoint_compiled_isAccepted() throws Exception {
        assumeTrue(RecordedClusters.directory().isPresent(), "no recordings");
        var refused = new ArrayList<String>();
        int count = 0;
        for (var gateway : RecordedClusters.gateways()) {
            for (var assignment : RecordedClusters.endpoints(gateway).values()) {
                try {
                    var set = EndpointCompiler.compile(assignment, new CompileScope());
                    for (var group : set.groups()) {
                        count += group.endpoints().size();
                    }
                } catch (Refused e) {
                    refused.add(gateway + ": " + e.getMessage());
                }
            }
        }
        assertThat(refused).isEmpty();
        assertThat(count).isGreaterThan(700);
    }

    @Test
    void whatIsSkipped_ofRecordings_isKnownToDoNoHarm() throws Exception {
        assumeTrue(RecordedClusters.directory().isPresent(), "no recordings");
        var skipped = new HashSet<String>();
        for (var gateway : RecordedClusters.gateways()) {
            for (var cluster : RecordedClusters.clusters(gateway).values()) {
                var scope = new CompileScope();
                ClusterCompiler.compile(cluster, scope);
                skipped.addAll(scope.skipped());
            }
        }
        assertThat(skipped).containsExactlyInAnyOrder("original_dst_lb_config.metadata_key");
    }
}
