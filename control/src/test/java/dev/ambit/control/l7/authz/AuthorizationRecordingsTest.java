package dev.ambit.control.l7.authz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonElement;
import com.google.protobuf.Message;
import dev.ambit.control.Recordings;
import dev.ambit.control.l7.TestScopes;
import dev.ambit.control.l7.WaypointRecordings;
import dev.ambit.control.l7.WaypointRecordings.Recorded;
import dev.ambit.control.l7.WaypointRecordings.Type;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every filter that decides, in every chain that a real istiod sent: equal, and in their order.
class AuthorizationRecordingsTest {
    private static final List<String> DECIDING = List.of("rbac", "ext_authz", "jwt_authn");

    static List<Recorded> recorded() throws IOException {
        var all = WaypointRecordings.all();
        return all.isEmpty() ? List.of(new Recorded("(no recordings)", "")) : all;
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void of_recordedChains_sameFilters(Recorded recorded) throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var scope = TestScopes.of(recorded);
        var listeners = WaypointRecordings.resources(recorded, Type.LDS);
        var different = new ArrayList<String>();
        for (var listener : listeners.values()) {
            var chains = listener.getAsJsonObject().getAsJsonArray("filterChains");
            for (var chain : chains == null ? List.<JsonElement>of() : chains.asList()) {
                compare(chain, scope, different);
            }
        }
        assertThat(different).isEmpty();
    }

    private static void compare(JsonElement chain, WaypointScope scope, List<String> different) {
        var named = chain.getAsJsonObject().get("name");
        var name = named == null ? "" : named.getAsString();
        var tcp = new ArrayList<JsonElement>();
        var http = new ArrayList<JsonElement>();
        for (var filter : chain.getAsJsonObject().getAsJsonArray("filters").asList()) {
            var config = filter.getAsJsonObject().getAsJsonObject("typedConfig");
            if (config.has("httpFilters")) {
                config.getAsJsonArray("httpFilters").asList().stream()
                        .filter(AuthorizationRecordingsTest::decides)
                        .forEach(http::add);
            } else if (decides(filter)) {
                tcp.add(filter);
            }
        }
        equal(name + " http", http, trees(http(name, scope)), different);
        equal(name + " tcp", tcp, trees(tcp(name, scope)), different);
    }

    private static boolean decides(JsonElement filter) {
        var name = filter.getAsJsonObject().get("name").getAsString();
        return DECIDING.contains(name.substring(name.lastIndexOf('.') + 1));
    }

    /// In the order of the chain.
    private static List<HttpFilter> http(String chain, WaypointScope scope) {
        var all = new ArrayList<HttpFilter>();
        if (chain.equals("default")) {
            return TerminateAuthorization.of(scope);
        }
        if (chain.equals("direct-http") || chain.contains("|http")) {
            var made = HttpAuthorization.of(scope, service(chain, scope));
            all.addAll(made.custom());
            all.addAll(made.jwt());
            all.addAll(made.rules());
        }
        return all;
    }

    private static List<Filter> tcp(String chain, WaypointScope scope) {
        var all = new ArrayList<Filter>();
        if (chain.equals("direct-tcp") || chain.contains("|tcp")) {
            var made = TcpAuthorization.of(scope, service(chain, scope));
            all.addAll(made.custom());
            all.addAll(made.rules());
        }
        return all;
    }

    /// `inbound-vip|port|kind|host`.
    private static Optional<MeshService> service(String chain, WaypointScope scope) {
        var host = chain.substring(chain.lastIndexOf('|') + 1);
        return scope.services().stream().filter(s -> s.hostname().equals(host)).findFirst();
    }

    private static List<JsonElement> trees(List<? extends Message> messages) {
        return messages.stream().map(WaypointRecordings::tree).toList();
    }

    private static void equal(
            String name, List<JsonElement> theirs, List<JsonElement> ours, List<String> into) {
        if (theirs.size() != ours.size()) {
            into.add(name + ": istiod " + theirs.size() + " filters, ours " + ours.size());
            return;
        }
        for (int i = 0; i < theirs.size(); i++) {
            for (var line : WaypointRecordings.differences(theirs.get(i), ours.get(i), 5)) {
                into.add(name + " filter " + i + line);
            }
        }
    }
}
