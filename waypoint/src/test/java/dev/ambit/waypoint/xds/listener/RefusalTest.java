package dev.ambit.waypoint.xds.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Message;
import dev.ambit.envoy.EnvoyTypes;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.model.HttpChain;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.route.RouteTable;
import dev.ambit.waypoint.stage.OffStage;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.ExtensionConfigSource;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.lua.v3.Lua;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.http.tap.v3.Tap;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is refused, with the reason that people read; and what may be left out.
class RefusalTest {
    private final ListenerCompiler compiler =
            new ListenerCompiler(
                    new FilterCompilers(
                            (_, routes, _) ->
                                    new RouteTable(
                                            routes.getName(),
                                            List.of(),
                                            RouteTable.Options.DEFAULT),
                            FilterCompilers.Telemetry.NONE));

    private static HttpFilter filter(String name, Message config) {
        return HttpFilter.newBuilder().setName(name).setTypedConfig(Any.pack(config)).build();
    }

    private static HttpFilter router() {
        return filter("router", Router.getDefaultInstance());
    }

    private static HttpConnectionManager.Builder manager(HttpFilter... filters) {
        return HttpConnectionManager.newBuilder()
                .setRouteConfig(RouteConfiguration.newBuilder().setName("r"))
                .addAllHttpFilters(List.of(filters));
    }

    private static Listener main(Message... filters) {
        var chain = FilterChain.newBuilder().setName("c");
        for (var filter : filters) {
            chain.addFilters(
                    Filter.newBuilder()
                            .setName(filter.getDescriptorForType().getName())
                            .setTypedConfig(Any.pack(filter)));
        }
        return Listener.newBuilder().setName("main_internal").addFilterChains(chain).build();
    }

    private HttpChain chain() {
        return chain(compiler);
    }

    private static HttpChain chain(ListenerCompiler compiler) {
        return switch (compiler.model().chains().rules().getFirst()) {
            case PortRule.Http(var chain) -> chain;
            default -> throw new AssertionError("not HTTP");
        };
    }

    @Test
    void unknownFilter_isRefused() {
        var unknown = main(manager(filter("what", BoolValue.of(true)), router()).build());

        assertThatThrownBy(() -> compiler.put(unknown))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("filter_chains[c]")
                .hasMessageContaining("http_filters[what]")
                .hasMessageContaining("google.protobuf.BoolValue");
    }

    @Test
    void unknownFilter_thatIsOptional_isLeftOut_andTold() throws Exception {
        compiler.put(
                main(
                        manager(
                                        filter("what", BoolValue.of(true)).toBuilder()
                                                .setIsOptional(true)
                                                .build(),
                                        router())
                                .build()));

        assertThat(chain().stages()).isEmpty();
        assertThat(compiler.needs().skipped())
                .containsExactly("c: http_filters[what]: google.protobuf.BoolValue");
    }

    private static HttpFilter disabled(HttpFilter filter) {
        return filter.toBuilder().setDisabled(true).build();
    }

    @Test
    void disabledFilter_isAStageThatIsOff() throws Exception {
        var known =
                new FilterCompilers(
                                (_, routes, _) ->
                                        new RouteTable(
                                                routes.getName(),
                                                List.of(),
                                                RouteTable.Options.DEFAULT),
                                FilterCompilers.Telemetry.NONE)
                        .http(
                                "google.protobuf.BoolValue",
                                (_, name, _) -> Optional.of(new MissingFilterStage(name)));
        var compiler = new ListenerCompiler(known);
        compiler.put(main(manager(disabled(filter("what", BoolValue.of(true))), router()).build()));
        var stage = chain(compiler).stages().getFirst();
        assertThat(stage.offByDefault()).isTrue();
        assertThat(stage.name()).isEqualTo("what");
    }

    /// It does no harm while it is off; a route that switches it on lets nobody pass.
    @Test
    void disabledFilter_unknown_letsNobodyPassOnceItIsOn() throws Exception {
        compiler.put(main(manager(disabled(filter("what", BoolValue.of(true))), router()).build()));
        var stage = chain().stages().getFirst();
        assertThat(stage.offByDefault()).isTrue();
        assertThat(stage).isEqualTo(new OffStage(new MissingFilterStage("what")));
        assertThat(compiler.needs().skipped().getFirst()).contains("disabled");
    }

    @Test
    void foreignCode_isRefused_evenIfOptional() {
        var lua =
                main(
                        manager(
                                        filter("lua", Lua.getDefaultInstance()).toBuilder()
                                                .setIsOptional(true)
                                                .build(),
                                        router())
                                .build());

        assertThatThrownBy(() -> compiler.put(lua)).hasMessageContaining("no Lua");
    }

    @Test
    void cosmeticFilter_isLeftOut_andTold() throws Exception {
        compiler.put(main(manager(filter("tap", Tap.getDefaultInstance()), router()).build()));

        assertThat(chain().stages()).isEmpty();
        assertThat(compiler.needs().skipped()).hasSize(1);
    }

    private static HttpFilter discovered(Message withDefault) {
        return HttpFilter.newBuilder()
                .setName("wasm")
                .setConfigDiscovery(
                        ExtensionConfigSource.newBuilder().setDefaultConfig(Any.pack(withDefault)))
                .build();
    }

    @Test
    void wasmThatFailsOpen_letsEverybodyThrough() throws Exception {
        compiler.put(main(manager(discovered(RBAC.getDefaultInstance()), router()).build()));

        assertThat(chain().stages()).isEmpty();
        assertThat(compiler.needs().skipped().getFirst()).contains("fails open");
    }

    @Test
    void wasmThatFailsClosed_answersAnError() throws Exception {
        var closed =
                HttpFilter.newBuilder()
                        .setName("wasm")
                        .setConfigDiscovery(ExtensionConfigSource.getDefaultInstance())
                        .build();
        compiler.put(main(manager(closed, router()).build()));

        var stage = chain().stages().getFirst();
        assertThat(stage).isInstanceOf(MissingFilterStage.class);
        assertThat(compiler.needs().skipped().getFirst()).contains("fails closed");
        assertThat(ResponseFlag.NO_FILTER_CONFIG_FOUND.text()).isEqualTo("NFCF");
    }

    @Test
    void routerMissing_orNotLast_isRefused() {
        assertThatThrownBy(() -> compiler.put(main(manager().build())))
                .hasMessageContaining("at least the router");
        var early = main(manager(router(), filter("tap", Tap.getDefaultInstance())).build());
        assertThatThrownBy(() -> compiler.put(early))
                .hasMessageContaining("the router as the last filter");
    }

    @Test
    void routesThatComeByThemselves_areRefused() {
        var rds = manager(router()).setRds(Rds.newBuilder().setRouteConfigName("x")).build();

        assertThatThrownBy(() -> compiler.put(main(rds)))
                .hasMessageContaining("route_specifier: 'RDS'");
    }

    @Test
    void refusedListener_leavesTheOneBefore() throws Exception {
        compiler.put(main(manager(router()).build()));
        var before = compiler.model();

        assertThatThrownBy(() ->
                        compiler.put(
                                main(
                                        manager(filter("what", BoolValue.of(true)), router())
                                                .build())))
                .isInstanceOf(Refused.class);

        assertThat(compiler.model().chains()).isSameAs(before.chains());
    }

    /// istiod's `connect_terminate` in short.
    private static final String TERMINATE =
            """
            {"name": "connect_terminate", "filterChains": [{
              "filters": [{"name": "hcm", "typedConfig": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.\
            http_connection_manager.v3.HttpConnectionManager",
                "routeConfig": {"virtualHosts": [{"routes": [
                  {"match": {"connectMatcher": {}}, "route": {"cluster": "main_internal"}}]}]},
                "httpFilters": [{"name": "router", "typedConfig": {
                  "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}],
              "transportSocket": {"name": "tls", "typedConfig": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.\
            DownstreamTlsContext",
                "requireClientCertificate": true,
                "commonTlsContext": {
                  "tlsParams": {"tlsMinimumProtocolVersion": "TLSv1_3"},
                  "combinedValidationContext": {
                    "defaultValidationContext": {"matchTypedSubjectAltNames": [
                      {"sanType": "URI", "matcher": {"prefix": "spiffe://td/"}}]},
                    "validationContextSdsSecretConfig": {"name": "ROOTCA"}}}}}}]}
            """;

    private static Listener listener(String json) throws Exception {
        var builder = Listener.newBuilder();
        builder.mergeFrom(EnvoyTypes.parse(json, Listener.getDescriptor()).toByteString());
        return builder.build();
    }

    @Test
    void front_asIstiodSendsIt_isTaken() throws Exception {
        compiler.put(listener(TERMINATE));

        assertThat(compiler.model().tunnel().orElseThrow().trustDomains()).containsExactly("td");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"requireClientCertificate\": true|\"requireClientCertificate\":"
                        + " false|require_client_certificate",
                "TLSv1_3|TLSv1_1|tls_minimum_protocol_version",
                "spiffe://td/|spiffe://td/ns/a/|match_typed_subject_alt_names",
                "spiffe://td/|spiffe:///|match_typed_subject_alt_names",
                "\"URI\"|\"DNS\"|match_typed_subject_alt_names",
                "combinedValidationContext|x|combined_validation_context",
                "\"main_internal\"|\"elsewhere\"|routes.route.cluster",
                "\"connectMatcher\": {}|\"prefix\": \"/\"|connect_matcher"
            })
    void front_thatLetsInOthers_isRefused(String part, String instead, String field)
            throws Exception {
        var json =
                instead.equals("x")
                        ? TERMINATE.replaceAll(
                                "(?s),\\s*\"combinedValidationContext\".*\"ROOTCA\"}}", "")
                        : TERMINATE.replace(part, instead);
        var changed = listener(json);

        assertThatThrownBy(() -> compiler.put(changed))
                .isInstanceOf(Refused.class)
                .hasMessageContaining(field);
    }

    @Test
    void foreignListener_isRefused() {
        var foreign = Listener.newBuilder().setName("0.0.0.0_15006").build();

        assertThatThrownBy(() -> compiler.put(foreign))
                .hasMessageContaining("0.0.0.0_15006")
                .hasMessageContaining("another proxy's configuration");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "connect_originate|%DOWNSTREAM_LOCAL_ADDRESS%|baggage|%FILTER_STATE(io.istio.baggage:PLAIN)%|",
                "connect_originate|%REQ(x)%|||tunneling_config.hostname",
                "connect_originate|%DOWNSTREAM_LOCAL_ADDRESS%|x-secret|y|headers_to_add",
                "connect_originate|%DOWNSTREAM_LOCAL_ADDRESS%|baggage|y|headers_to_add[baggage]"
            })
    void originate_isRecognised_orRefused(
            String name, String hostname, String header, String value, String field)
            throws Exception {
        var headers =
                header == null || header.isEmpty()
                        ? ""
                        : "\"headersToAdd\": [{\"header\": {\"key\": \"%s\", \"value\": \"%s\"}}],"
                                .formatted(header, value);
        var listener =
                listener(
                        """
                        {"name": "%s", "filterChains": [{"filters": [{"name": "tcp", "typedConfig": {
                          "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.\
                        TcpProxy", "statPrefix": "x", "cluster": "connect_originate",
                          "tunnelingConfig": {%s "hostname": "%s"}}}]}]}
                        """
                                .formatted(name, headers, hostname));

        if (field == null || field.isEmpty()) {
            compiler.put(listener);
            assertThat(compiler.model().originate().baggage()).isTrue();
        } else {
            assertThatThrownBy(() -> compiler.put(listener)).hasMessageContaining(field);
        }
    }
}
