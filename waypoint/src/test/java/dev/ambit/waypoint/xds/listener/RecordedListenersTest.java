package dev.ambit.waypoint.xds.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.ambit.waypoint.model.ChainTable;
import dev.ambit.waypoint.model.Originate;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.route.RouteTable;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Recorded;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What a real istiod sent for every case, as tables of chains. Filters are their own compilers'
/// business, and are left out here.
class RecordedListenersTest {
    private static final String HTTP = "envoy.extensions.filters.http.";
    private static final String NETWORK = "envoy.extensions.filters.network.";

    private static FilterCompilers withoutFilters() {
        var all =
                new FilterCompilers(
                        (_, routes, _) ->
                                new RouteTable(
                                        routes.getName(), List.of(), RouteTable.Options.DEFAULT),
                        FilterCompilers.Telemetry.NONE);
        for (var type :
                List.of(
                        "grpc_stats.v3.FilterConfig",
                        "fault.v3.HTTPFault",
                        "cors.v3.Cors",
                        "rbac.v3.RBAC",
                        "jwt_authn.v3.JwtAuthentication",
                        "ext_authz.v3.ExtAuthz",
                        "header_mutation.v3.HeaderMutation",
                        "dynamic_forward_proxy.v3.FilterConfig",
                        "grpc_web.v3.GrpcWeb")) {
            all.http(HTTP + type, (_, _, _) -> Optional.empty());
        }
        for (var type : List.of("rbac.v3.RBAC", "ext_authz.v3.ExtAuthz")) {
            all.network(NETWORK + type, (_, _, _) -> Optional.empty());
        }
        return all.elsewhere("stats.PluginConfig")
                .elsewhere("io.istio.http.peer_metadata.Config")
                .elsewhere("envoy.tcp.metadataexchange.config.MetadataExchange");
    }

    private static ListenerCompiler compiled(String gateway) throws Exception {
        assumeFalse(Recorded.gateways().isEmpty(), "needs the recordings, see AMBIT_RECORDINGS");
        var compiler = new ListenerCompiler(withoutFilters());
        for (var resource : Recorded.resources(gateway, "lds")) {
            compiler.put(Listener.parseFrom(resource.getResource().getValue()));
        }
        return compiler;
    }

    private static String found(ChainTable chains, String authority, String ip, int port) {
        var destination = ip.isEmpty() ? null : new InetSocketAddress(ip, port);
        return switch (chains.find(authority, destination)) {
            case ChainTable.Match.Found(var rule) -> name(rule);
            default -> "none";
        };
    }

    private static String name(PortRule rule) {
        return switch (rule) {
            case PortRule.Http(var chain) -> chain.name();
            case PortRule.Tcp(var chain) -> chain.name();
            case PortRule.Auto(var http, var tcp, var versions) ->
                    http.name() + " " + versions + ", else " + tcp.name();
            case PortRule.BySource by ->
                    "gateway: "
                            + name(by.rule("gateway"))
                            + ", waypoint: "
                            + name(by.rule("waypoint"))
                            + ", else "
                            + name(by.otherwise());
        };
    }

    @Test
    void everyGateway_isAccepted() throws Exception {
        var gateways = Recorded.gateways();
        assumeFalse(gateways.isEmpty(), "needs the recordings, see AMBIT_RECORDINGS");
        for (var gateway : gateways) {
            var model = compiled(gateway).model();
            assertThat(model.tunnel().orElseThrow().trustDomains())
                    .as(gateway)
                    .contains("cluster.local");
            assertThat(model.tunnel().orElseThrow().maxStreams()).isEqualTo(100);
        }
    }

    @Test
    void ports_haveTheirChains() throws Exception {
        var chains = compiled("waypoint-authz-flags/waypoint-shop-wp").model().chains();

        assertThat(found(chains, "", "10.96.0.11", 80))
                .isEqualTo("inbound-vip|80|http|web.shop.svc.cluster.local");
        assertThat(found(chains, "", "10.96.0.12", 6379))
                .isEqualTo("inbound-vip|6379|tcp|cart.shop.svc.cluster.local");
        assertThat(found(chains, "", "10.96.0.12", 7700))
                .isIn(
                        "inbound-vip|7700|http|cart.shop.svc.cluster.local [HTTP_1_1, H2C], else"
                                + " inbound-vip|7700|tcp|cart.shop.svc.cluster.local",
                        "inbound-vip|7700|http|cart.shop.svc.cluster.local [H2C, HTTP_1_1], else"
                                + " inbound-vip|7700|tcp|cart.shop.svc.cluster.local");
        assertThat(found(chains, "", "10.96.0.12", 1)).isEqualTo("none");
        assertThat(found(chains, "", "10.96.0.99", 80)).isEqualTo("none");
        assertThat(chains.inspection().http(7700)).isTrue();
        assertThat(chains.inspection().http(80)).isFalse();
        assertThat(chains.inspection().tls(8443)).isTrue();
        assertThat(chains.inspection().tls(6379)).isFalse();
    }

    @Test
    void workloads_areReachedOnEveryPort() throws Exception {
        var chains = compiled("waypoint-basic/waypoint-backend-all-wp").model().chains();

        assertThat(found(chains, "", "10.1.2.13", 4711))
                .startsWith("direct-http [")
                .endsWith("], else direct-tcp");
        assertThat(chains.inspection().http(4711)).isTrue();
    }

    @Test
    void otherNetworks_areFoundByName() throws Exception {
        var compiler = compiled("multi-network-baggage/waypoint-shop-wp");
        var chains = compiler.model().chains();

        assertThat(found(chains, "catalog.shop.svc.cluster.local:80", "", 0))
                .isEqualTo("inbound-vip|80|http|catalog.shop.svc.cluster.local");
        assertThat(found(chains, "10.96.0.13:7000", "10.96.0.13", 7000))
                .isEqualTo("inbound-vip|7000|tcp|catalog.shop.svc.cluster.local");
        assertThat(compiler.model().originate())
                .isEqualTo(new Originate(true, Optional.of("net-one"), Optional.of("waypoint")));
    }

    @Test
    void eastWestGateway_looksAtTheSource() throws Exception {
        var chains = compiled("multi-network/eastwest-istio-gateways-eastwest").model().chains();
        var service = "inbound-vip|7000|tcp|catalog.shop.svc.cluster.local";

        assertThat(found(chains, "catalog.shop.svc.cluster.local:7000", "", 0))
                .isEqualTo(
                        "gateway: "
                                + service
                                + ", waypoint: "
                                + service
                                + ", else inbound-vip|15008|tcp|wp.shop.svc.cluster.local");
    }

    @Test
    void trustDomains_andAliases_areThoseOfTheListener() throws Exception {
        var model = compiled("waypoint-authz/waypoint-shop-wp").model();

        assertThat(model.tunnel().orElseThrow().trustDomains())
                .containsExactly("cluster.local", "old.local");
    }

    @Test
    void secretsAndClusters_areTold() throws Exception {
        var needs = compiled("waypoint-basic/waypoint-backend-all-wp").needs();

        assertThat(needs.secrets()).isEqualTo(Set.of("default", "ROOTCA"));
        assertThat(needs.clusters())
                .contains("encap", "inbound-vip|5432|tcp|db.backend.svc.cluster.local");
    }

    @Test
    void unchangedChains_areNotCompiledAgain() throws Exception {
        var compiler = compiled("waypoint-destination/waypoint-shop-wp");
        long before = compiler.compiledChains();
        Listener main = Listener.getDefaultInstance();
        for (var resource : Recorded.resources("waypoint-destination/waypoint-shop-wp", "lds")) {
            if (resource.getName().equals(ListenerCompiler.MAIN)) {
                main = Listener.parseFrom(resource.getResource().getValue());
            }
        }
        var changed = main.toBuilder();
        for (var chain : changed.getFilterChainsBuilderList()) {
            if (chain.getName().equals("direct-tcp")) {
                chain.setTransportSocketConnectTimeout(
                        com.google.protobuf.Duration.newBuilder().setSeconds(1));
            }
        }

        compiler.put(changed.build());

        assertThat(compiler.compiledChains() - before).isEqualTo(1);
    }
}
