package dev.ambit.waypoint.xds.dump;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import dev.ambit.waypoint.pool.Secrets.Secret;
import dev.ambit.waypoint.xds.Ledger;
import dev.ambit.waypoint.xds.LedgerOf;
import dev.ambit.waypoint.xds.WaypointNode;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigDumpTest {
    private static final String CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

    private static String dump(Ledger ledger, Map<String, Secret> secrets) {
        return ConfigDump.text(
                new ConfigDump.Source(
                        new WaypointNode(
                                "10.0.0.1", "wp", "shop", "shop.svc.d", "c", Map.of("A", "b")),
                        Map.of(CLUSTER, ledger),
                        secrets,
                        List.of("left out"),
                        Instant.EPOCH),
                false);
    }

    private static Any cluster(String statName) {
        return Any.pack(Cluster.newBuilder().setName("one").setAltStatName(statName).build());
    }

    @Test
    void refusedResource_isShownBesideTheGoodOne_withItsReason() {
        var ledger = LedgerOf.type(CLUSTER);
        LedgerOf.accepted(ledger, "one", cluster("good"));
        LedgerOf.refused(ledger, "one", cluster("bad"), "because");

        var text = dump(ledger, Map.of());

        assertThat(text)
                .contains("dynamic_active_clusters")
                .contains("\"alt_stat_name\":\"good\"")
                .contains("error_state")
                .contains("\"alt_stat_name\":\"bad\"")
                .contains("\"details\" : \"because\"")
                .contains("NACKED")
                .contains("waypoint~10.0.0.1~wp.shop~shop.svc.d")
                .contains("left out");
    }

    @Test
    void resourceOfUnknownContents_isShownAsBytes() {
        var ledger = LedgerOf.type(CLUSTER);
        var unreadable =
                Any.newBuilder()
                        .setTypeUrl(CLUSTER)
                        .setValue(com.google.protobuf.ByteString.copyFromUtf8("\u0001\u0002"))
                        .build();
        LedgerOf.refused(ledger, "odd", unreadable, "malformed");

        assertThat(dump(ledger, Map.of())).contains("not_readable").contains("malformed");
    }

    @Test
    void keys_areNeverShown() {
        var text =
                dump(
                        LedgerOf.type(CLUSTER),
                        Map.of(
                                "default", new Secret.Certificate("CHAIN", "PRIVATE"),
                                "ROOTCA", new Secret.Roots("ROOT", "")));

        assertThat(text)
                .contains("Q0hBSU4=")
                .contains("Uk9PVA==")
                .contains("W3JlZGFjdGVkXQ==")
                .doesNotContain("UFJJVkFURQ==")
                .doesNotContain("PRIVATE");
    }
}
