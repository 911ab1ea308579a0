package dev.ambit.control.l7.limits;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.TestWaypoint;
import dev.ambit.control.l7.cluster.Clusters;
import dev.ambit.control.l7.route.References;
import dev.ambit.control.resource.ambit.TrafficLimits;
import dev.ambit.envoy.EnvoyTypes;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LimitsTest {
    @TempDir private Path directory;

    private static String limits(String target, String spec) {
        return """
        apiVersion: ambit.dev/v1alpha1
        kind: TrafficLimits
        metadata: {name: l, namespace: shop}
        spec:
          targetRefs: [%s]
        %s
        """
                .formatted(target, spec.indent(2));
    }

    private static final String WEB = "{kind: Service, name: web}";
    private static final String GATEWAY =
            "{group: gateway.networking.k8s.io, kind: Gateway, name: wp}";

    private List<HttpFilter> filters(String target, String spec) throws IOException {
        var waypoint = TestWaypoint.of(directory, "", limits(target, spec));
        return Limits.httpFilters(waypoint.scope(), Optional.of(waypoint.service("web")));
    }

    private static LocalRateLimit local(HttpFilter filter) throws InvalidProtocolBufferException {
        return filter.getTypedConfig().unpack(LocalRateLimit.class);
    }

    @Test
    void localLimit_forAllRequests_isOneBucket() throws IOException {
        var filters = filters(WEB, "local: [{name: all, requests: 100, per: 1s, burst: 150}]");
        assertThat(filters)
                .extracting(HttpFilter::getName)
                .containsExactly("ambit.limits.shop.l.all");
        var limit = local(filters.getFirst());
        assertThat(limit.getTokenBucket().getMaxTokens()).isEqualTo(150);
        assertThat(limit.getTokenBucket().getTokensPerFill().getValue()).isEqualTo(100);
        assertThat(limit.getTokenBucket().getFillInterval().getSeconds()).isEqualTo(1);
        assertThat(limit.getDescriptorsList()).isEmpty();
        assertThat(limit.getFilterEnforced().getDefaultValue().getNumerator()).isEqualTo(100);
    }

    @Test
    void localLimit_byIdentity_hasABucketForEachClientAndHidesWhoItIs() throws IOException {
        var filters = filters(WEB, "local: [{name: each, requests: 5, per: 1m, by: [identity]}]");
        assertThat(filters)
                .extracting(HttpFilter::getName)
                .containsExactly(
                        "ambit.limits.client",
                        "ambit.limits.shop.l.each",
                        "ambit.limits.forget-client");
        var limit = local(filters.get(1));
        assertThat(limit.hasTokenBucket()).isFalse();
        assertThat(limit.getAlwaysConsumeDefaultTokenBucket().getValue()).isFalse();
        assertThat(limit.getMaxDynamicDescriptors().getValue()).isEqualTo(TrafficLimits.CLIENTS);
        assertThat(limit.getDescriptors(0).getEntriesList())
                .extracting(e -> e.getKey() + "=" + e.getValue())
                .containsExactly("limit=shop/l/each", "client=");
        assertThat(limit.getRateLimits(0).getActions(1).getRequestHeaders().getHeaderName())
                .isEqualTo(Limits.CLIENT);
    }

    @Test
    void localLimit_ofChosenRequests_countsNoOthers() throws IOException {
        var filters =
                filters(
                        WEB,
                        """
                        local:
                        - name: some
                          requests: 5
                          per: 1s
                          match:
                            methods: [POST, PUT]
                            paths: [/pay, /api/*]
                            headers: {x-plan: free}
                            identities: [cluster.local/ns/shop/*]
                        """);
        var headers = local(filters.get(1)).getRateLimits(0).getActions(1).getHeaderValueMatch();
        assertThat(headers.getHeadersList())
                .extracting(h ->
                        h.getName()
                                + " "
                                + h.getStringMatch().getSafeRegex().getRegex()
                                + h.getStringMatch().getExact())
                .containsExactly(
                        ":method POST|PUT",
                        ":path (?:\\/pay|\\/api\\/.*)(?:\\?.*)?",
                        "x-plan free",
                        "x-ambit-client spiffe\\:\\/\\/cluster\\.local\\/ns\\/shop\\/.*");
    }

    @Test
    void limitsOfAGateway_limitEveryServiceAndWorkloads() throws IOException {
        var waypoint =
                TestWaypoint.of(
                        directory,
                        "",
                        limits(GATEWAY, "local: [{name: all, requests: 1, per: 1s}]"));
        assertThat(Limits.httpFilters(waypoint.scope(), Optional.empty())).hasSize(1);
        assertThat(Limits.httpFilters(waypoint.scope(), Optional.of(waypoint.service("store"))))
                .hasSize(1);
    }

    @Test
    void limitsOfAService_leaveOthersAlone() throws IOException {
        var waypoint =
                TestWaypoint.of(
                        directory, "", limits(WEB, "local: [{name: all, requests: 1, per: 1s}]"));
        assertThat(Limits.httpFilters(waypoint.scope(), Optional.of(waypoint.service("store"))))
                .isEmpty();
    }

    private static final String GLOBAL =
            """
            global:
              service: otel.backend.svc.cluster.local
              port: 4317
              domain: shop
              failOpen: false
              limits: [{name: each, by: [identity, "header:x-user"]}]
            """;

    @Test
    void globalLimit_asksTheServiceAndHasACluster() throws IOException {
        var filters = filters(WEB, GLOBAL);
        assertThat(filters.get(1).getName()).isEqualTo("ambit.limits.shop.l.global");
        var config =
                filters.get(1)
                        .getTypedConfig()
                        .unpack(
                                io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit
                                        .class);
        assertThat(config.getFailureModeDeny()).isTrue();
        assertThat(config.getTimeout().getNanos())
                .isEqualTo(Math.toIntExact(Duration.ofMillis(25).toNanos()));
        assertThat(EnvoyTypes.json(config))
                .contains("\"rateLimits\":[{\"actions\":[{\"genericKey\"")
                .contains("\"headerName\":\"x-user\"");
        var cluster = config.getRateLimitService().getGrpcService().getEnvoyGrpc().getClusterName();
        var scope = TestWaypoint.of(directory, "", limits(WEB, GLOBAL)).scope();
        assertThat(Clusters.of(scope, References.of(scope))).containsKey(cluster);
    }

    @Test
    void retryBudget_withoutADestinationRule_isInTheCluster() throws IOException {
        var scope =
                TestWaypoint.of(directory, "", limits(WEB, "retryBudget: {percent: 25}")).scope();
        assertThat(Clusters.of(scope, References.of(scope)))
                .extractingByKey("inbound-vip|80|http|web.shop.svc.cluster.local")
                .extracting(c ->
                        c.getCircuitBreakers()
                                .getThresholds(0)
                                .getRetryBudget()
                                .getBudgetPercent()
                                .getValue())
                .isEqualTo(25.0);
    }

    @Test
    void limitsThatLimitNothing_areFound() throws IOException {
        var model =
                TestWaypoint.of(
                                directory,
                                "",
                                limits(
                                        "{kind: Service, name: store}, {kind: Service, name: gone}",
                                        GLOBAL.replace("4317", "99")))
                        .model();
        assertThat(LimitFindings.of(model))
                .extracting(Finding::code)
                .containsExactly(
                        "limits-without-requests",
                        "limits-without-waypoint",
                        "limit-service-unusable");
    }
}
