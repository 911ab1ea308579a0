package dev.ambit.control.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import dev.ambit.control.xds.Snapshot.Versioned;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.discovery.Resource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SubscriptionTest {
    private static final String TYPE = Snapshot.ADDRESS;

    private final Subscription subscription = new Subscription(TYPE);

    @Test
    void wildcard_firstRequest_everything() {
        subscription.onRequest(request().build());

        assertThat(sent(snapshot("a1", "b1"))).containsExactly("a1", "b1");
        assertThat(subscription.next(snapshot("a1", "b1"), "2")).isEmpty();
    }

    @Test
    void wildcard_nothingThere_answeredAllTheSame() {
        subscription.onRequest(request().build());

        assertThat(subscription.next(snapshot(), "1")).isPresent();
        assertThat(subscription.next(snapshot(), "2")).isEmpty();
    }

    @Test
    void wildcard_change_onlyTheChange() {
        subscription.onRequest(request().build());
        sent(snapshot("a1", "b1", "c1"));

        var response = subscription.next(snapshot("a1", "b2", "d1"), "2").orElseThrow();

        assertThat(names(response)).containsExactly("b2", "d1");
        assertThat(response.getRemovedResourcesList()).containsExactly("c");
    }

    @Test
    void reconnect_initialVersions_unchangedSkippedAndGoneRemoved() {
        subscription.onRequest(
                request()
                        .putInitialResourceVersions("a", "1")
                        .putInitialResourceVersions("b", "1")
                        .putInitialResourceVersions("gone", "1")
                        .build());

        var response = subscription.next(snapshot("a1", "b2"), "1").orElseThrow();

        assertThat(names(response)).containsExactly("b2");
        assertThat(response.getRemovedResourcesList()).containsExactly("gone");
    }

    @Test
    void reconnect_refusedResourceReportedWithoutVersion_sentAgain() {
        subscription.onRequest(request().putInitialResourceVersions("a", "").build());

        assertThat(sent(snapshot("a1"))).containsExactly("a1");
    }

    @Test
    void named_onlyWhatWasAskedFor() {
        subscription.onRequest(request().addResourceNamesSubscribe("a").build());

        assertThat(sent(snapshot("a1", "b1"))).containsExactly("a1");
        assertThat(subscription.next(snapshot("a1", "b2"), "2")).isEmpty();
    }

    @Test
    void named_notThere_saidSo() {
        subscription.onRequest(request().addResourceNamesSubscribe("nobody").build());

        var response = subscription.next(snapshot("a1"), "1").orElseThrow();

        assertThat(response.getRemovedResourcesList()).containsExactly("nobody");
        assertThat(subscription.next(snapshot("a1"), "2")).isEmpty();
        assertThat(sent(snapshot("nobody1"))).containsExactly("nobody1");
    }

    @Test
    void named_askedAgain_sentAgain() {
        var request = request().addResourceNamesSubscribe("a").build();
        subscription.onRequest(request);
        sent(snapshot("a1"));

        subscription.onRequest(request);

        assertThat(sent(snapshot("a1"))).containsExactly("a1");
    }

    @Test
    void onDemand_wildcardGivenUpAtOnce_nothingUntilNamed() {
        subscription.onRequest(
                request().addResourceNamesSubscribe("*").addResourceNamesUnsubscribe("*").build());
        assertThat(subscription.next(snapshot("a1"), "1")).isEmpty();

        subscription.onRequest(request().addResourceNamesSubscribe("a").build());

        assertThat(sent(snapshot("a1", "b1"))).containsExactly("a1");
    }

    @Test
    void unsubscribed_noLongerSent() {
        subscription.onRequest(
                request().addResourceNamesSubscribe("a").addResourceNamesSubscribe("b").build());
        sent(snapshot("a1", "b1"));

        subscription.onRequest(request().addResourceNamesUnsubscribe("a").build());

        assertThat(sent(snapshot("a2", "b2"))).containsExactly("b2");
    }

    @Test
    void acknowledgement_nothingNew() {
        subscription.onRequest(request().build());
        sent(snapshot("a1"));

        subscription.onRequest(request().setResponseNonce("1").build());

        assertThat(subscription.next(snapshot("a1"), "2")).isEmpty();
    }

    /// Whatever states were skipped in between: applying what was sent gives the newest one.
    @Property(tries = 200)
    void wildcard_anyHistory_clientEndsWithNewest(
            @ForAll @Size(max = 20)
                    List<@Size(max = 5) List<@IntRange(min = 0, max = 9) Integer>> history,
            @ForAll @IntRange(min = 1, max = 4) int pushEvery) {
        var client = new HashMap<String, String>();
        var sub = new Subscription(TYPE);
        sub.onRequest(request().build());
        var newest = snapshot();
        for (int i = 0; i < history.size(); i++) {
            newest =
                    snapshot(
                            history.get(i).stream()
                                    .map(n -> "" + (char) ('a' + n % 5) + n)
                                    .toArray(String[]::new));
            if (i % pushEvery == 0) {
                apply(client, sub.next(newest, "n"));
            }
        }
        apply(client, sub.next(newest, "n"));

        var expected = new HashMap<String, String>();
        newest.of(TYPE).forEach((n, v) -> expected.put(n, v.version()));
        assertThat(client).isEqualTo(expected);
    }

    private static void apply(
            Map<String, String> client, Optional<DeltaDiscoveryResponse> response) {
        response.ifPresent(r -> {
            r.getRemovedResourcesList().forEach(client::remove);
            r.getResourcesList().forEach(s -> client.put(s.getName(), s.getVersion()));
        });
    }

    private static DeltaDiscoveryRequest.Builder request() {
        return DeltaDiscoveryRequest.newBuilder().setTypeUrl(TYPE);
    }

    private List<String> sent(Snapshot snapshot) {
        return names(subscription.next(snapshot, "1").orElseThrow());
    }

    private static List<String> names(DeltaDiscoveryResponse response) {
        return response.getResourcesList().stream()
                .map((Resource r) -> r.getName() + r.getVersion())
                .toList();
    }

    /// Each text is a name and, as its last character, a version.
    private static Snapshot snapshot(String... resources) {
        var map = new TreeMap<String, Versioned>();
        for (var text : resources) {
            int end = text.length() - 1;
            map.put(
                    text.substring(0, end),
                    new Versioned(text.substring(end), Any.getDefaultInstance()));
        }
        return new Snapshot(Map.of(TYPE, map));
    }
}
