package dev.ambit.control.l7.telemetry;

import com.google.protobuf.Any;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.observe.ProxyDefaults;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a waypoint tells of traffic, chain by chain. Chains that the same Telemetries are for share
/// what is made of them. Used by one thread, for one rendering.
public final class Observer {
    private final WaypointScope scope;
    private final ProxyDefaults proxy;
    private final Map<List<Resource.Key>, Observed> made = new HashMap<>();

    /// @param stats configurations of the filter `istio.stats`
    public record Observed(List<Any> stats, AccessLogs logs, Traces traces) {}

    public Observer(WaypointScope scope, ProxyDefaults proxy) {
        this.scope = scope;
        this.proxy = proxy;
    }

    /// @param service empty: the waypoint itself
    public Observed of(Optional<MeshService> service) {
        var levels = scope.model().telemetry().of(scope, service);
        return made.computeIfAbsent(
                levels.stream().map(Resource::key).toList(),
                keys -> {
                    var mesh = scope.model().input().mesh().observe();
                    return new Observed(
                            StatsFilter.of(levels, mesh),
                            AccessLogs.of(levels, mesh, scope.model().registry()),
                            Traces.of(levels, scope, proxy));
                });
    }
}
