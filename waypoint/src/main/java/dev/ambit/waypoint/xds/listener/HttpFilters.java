package dev.ambit.waypoint.xds.listener;

import com.google.protobuf.Any;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.OffStage;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.http.set_filter_state.v3.Config;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The HTTP filters of a chain as stages.
final class HttpFilters {
    static final String ROUTER = "envoy.extensions.filters.http.router.v3.Router";
    static final String SET_FILTER_STATE =
            "envoy.extensions.filters.http.set_filter_state.v3.Config";

    /// What the connection's record holds without being told to, under the names that Istio gives
    /// it.
    private static final Set<String> KNOWN_STATE =
            Set.of(
                    "envoy.filters.listener.original_dst.local_ip",
                    "envoy.filters.listener.original_dst.remote_ip",
                    "io.istio.connect_authority",
                    "io.istio.peer_principal",
                    "io.istio.local_principal",
                    "io.istio.source");

    private final FilterCompilers compilers;

    HttpFilters(FilterCompilers compilers) {
        this.compilers = compilers;
    }

    /// @return without the router, which must be the last
    List<HttpStage> compile(CompileScope scope, List<HttpFilter> filters) throws Refused {
        var stages = new ArrayList<HttpStage>();
        for (int i = 0; i < filters.size(); i++) {
            var filter = filters.get(i);
            var field = "http_filters[" + filter.getName() + "]";
            boolean last = i == filters.size() - 1;
            boolean router = CompileScope.type(filter.getTypedConfig()).equals(ROUTER);
            if (router != last) {
                throw new Refused(
                        field,
                        router ? "router before the end" : "the last filter",
                        "the router as the last filter, and only there");
            }
            if (!router) {
                stage(scope, field, filter).ifPresent(stages::add);
            }
        }
        if (filters.isEmpty()) {
            throw new Refused("http_filters", "none", "at least the router");
        }
        return List.copyOf(stages);
    }

    static Router router(HttpFilter filter) throws Refused {
        return CompileScope.unpack("router", filter.getTypedConfig(), Router.parser());
    }

    private Optional<HttpStage> stage(CompileScope scope, String field, HttpFilter filter)
            throws Refused {
        if (filter.hasConfigDiscovery()) {
            return discovered(scope, filter);
        }
        var config = filter.getTypedConfig();
        var type = FilterCatalog.type(field, config);
        if (filter.getDisabled()) {
            return off(scope, field, filter, type);
        }
        if (type.equals(SET_FILTER_STATE) && isKnown(field, config)) {
            return Optional.empty();
        }
        var compiler = compilers.http(type);
        if (compiler.isPresent()) {
            try {
                return compiler.get().compile(scope, filter.getName(), config);
            } catch (Refused inside) {
                throw inside.in(field);
            }
        }
        if (compilers.isElsewhere(type)) {
            return Optional.empty();
        }
        if (FilterCatalog.skippable(type, filter.getIsOptional())) {
            scope.skipped(field + ": " + type);
            return Optional.empty();
        }
        throw FilterCatalog.refusal(field, type);
    }

    /// One that a route may switch on. What it is must be known for that: else requests of such a
    /// route are answered with an error.
    private Optional<HttpStage> off(
            CompileScope scope, String field, HttpFilter filter, String type) throws Refused {
        var compiler = compilers.http(type);
        if (compiler.isPresent()) {
            try {
                return compiler.get()
                        .compile(scope, filter.getName(), filter.getTypedConfig())
                        .map(OffStage::new);
            } catch (Refused inside) {
                throw inside.in(field);
            }
        }
        scope.skipped(field + ": disabled, " + type);
        return compilers.isElsewhere(type) || FilterCatalog.skippable(type, filter.getIsOptional())
                ? Optional.empty()
                : Optional.of(new OffStage(new MissingFilterStage(filter.getName())));
    }

    /// Filters that come by themselves (ECDS) are Wasm modules, which are not run here. One that
    /// fails open comes with a default that lets everybody through, as others do when the module
    /// can't be had; the other kind answers every request with an error, as they do.
    private static Optional<HttpStage> discovered(CompileScope scope, HttpFilter filter) {
        var discovery = filter.getConfigDiscovery();
        boolean open =
                discovery.hasDefaultConfig()
                        && !discovery.getApplyDefaultConfigWithoutWarming()
                        && isAllowAll(discovery.getDefaultConfig());
        scope.skipped(
                "http_filters["
                        + filter.getName()
                        + "]: Wasm modules are not run; it fails "
                        + (open ? "open" : "closed"));
        return open ? Optional.empty() : Optional.of(new MissingFilterStage(filter.getName()));
    }

    private static boolean isAllowAll(Any config) {
        return CompileScope.type(config).equals("envoy.extensions.filters.http.rbac.v3.RBAC")
                && config.getValue().isEmpty();
    }

    private static boolean isKnown(String field, Any config) throws Refused {
        var state = CompileScope.unpack(field, config, Config.parser());
        for (var value : state.getOnRequestHeadersList()) {
            if (!KNOWN_STATE.contains(value.getObjectKey())) {
                return false;
            }
        }
        return true;
    }
}
