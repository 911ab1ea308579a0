package dev.ambit.waypoint.xds.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.route.Requests;
import dev.ambit.waypoint.route.RouteDecision;
import dev.ambit.waypoint.route.RouteTable;
import dev.ambit.waypoint.route.Router;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Recorded;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Route tables that a real istiod made.
class RecordedRoutesTest {
    private static SortedMap<String, RouteConfiguration> tables(String gateway) throws IOException {
        var tables = new TreeMap<String, RouteConfiguration>();
        for (var resource : Recorded.resources(gateway, "lds")) {
            // The listener that ends tunnels has one route, which its own compiler reads.
            if (resource.getName().equals("connect_terminate")) {
                continue;
            }
            for (var chain :
                    Listener.parseFrom(resource.getResource().getValue()).getFilterChainsList()) {
                collect(chain, tables);
            }
        }
        return tables;
    }

    private static void collect(FilterChain chain, SortedMap<String, RouteConfiguration> into)
            throws InvalidProtocolBufferException {
        for (var filter : chain.getFiltersList()) {
            if (filter.getTypedConfig().is(HttpConnectionManager.class)) {
                var manager = filter.getTypedConfig().unpack(HttpConnectionManager.class);
                into.put(chain.getName(), manager.getRouteConfig());
            }
        }
    }

    static Iterable<String> gateways() throws IOException {
        var all = Recorded.gateways();
        return all.isEmpty() ? List.of("none") : all;
    }

    @ParameterizedTest
    @MethodSource("gateways")
    void compile_recordedTables_areUnderstood(String gateway) throws Exception {
        assumeThat(Recorded.gateways()).as("recordings").isNotEmpty();
        var tables = tables(gateway);
        assertThat(tables.isEmpty()).as(gateway).isEqualTo(gateway.contains("/eastwest-"));
        for (var entry : tables.entrySet()) {
            var scope = new CompileScope();
            var table = RouteLab.compiler().compile(scope, entry.getValue(), RouteLab.compilers());
            assertThat(table.hosts()).as(entry.getKey()).isNotEmpty();
            assertThat(scope.skipped()).as(entry.getKey()).isEmpty();
        }
    }

    private static RouteTable table(String chain) throws Exception {
        assumeThat(Recorded.gateways()).as("recordings").isNotEmpty();
        var table = Objects.requireNonNull(tables("waypoint-routing/waypoint-shop-wp").get(chain));
        return RouteLab.compiler().compile(new CompileScope(), table, RouteLab.compilers());
    }

    private static final String CATALOG = "inbound-vip|80|http|catalog.shop.svc.cluster.local";

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "/exact; ; v1; /exact; web.shop",
                "/prefix2/x; ; v2; /prefix2/x; web.shop",
                "/item/42; ; v3; /item/42; web.shop",
                "/item/42x; ; v1; /item/42x; web.shop",
                "/rw/a?b=c; x-present: y; v1; /newa?b=c; new.example",
                "/rwr/one/two; x-present: y; v1; /two/one; web.shop",
            })
    void decide_catalog_isWhatEnvoyAnswered(
            String path, String headers, String subset, String sent, String host) throws Exception {
        RequestHead request = Requests.with("GET", path, headers == null ? "" : headers);
        var decision = Router.decide(table(CATALOG), request, Requests.info(), 0);
        assertThat(decision).isInstanceOf(RouteDecision.Forward.class);
        var forward = (RouteDecision.Forward) decision;
        forward.finishRequest(request, Requests.info(), true);
        assertThat(forward.cluster())
                .isEqualTo("inbound-vip|80|http/" + subset + "|catalog.shop.svc.cluster.local");
        assertThat(request.path()).isEqualTo(sent);
        assertThat(request.authority()).isEqualTo(host);
    }

    @Test
    void decide_catalogAnswersItself_asEnvoyDid() throws Exception {
        var table = table(CATALOG);
        var away = Requests.get("/rd", "x-present", "y");
        var redirect = (RouteDecision.Redirect) Router.decide(table, away, Requests.info(), 0);
        assertThat(redirect.location(away)).isEqualTo("https://other.example:8443/to");
        assertThat(redirect.action().status()).isEqualTo(308);
        var closed = Requests.get("/dr", "x-present", "y");
        var direct = (RouteDecision.Direct) Router.decide(table, closed, Requests.info(), 0);
        assertThat(direct.action().status()).isEqualTo(503);
        assertThat(direct.action().body()).contains("closed for stock-taking");
    }
}
