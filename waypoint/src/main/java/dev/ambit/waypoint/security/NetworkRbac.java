package dev.ambit.waypoint.security;

import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.stage.NetworkStep;
import java.util.Optional;

/// `envoy.filters.network.rbac`: connections of those who may not are closed, before anything is
/// dialled for them.
public final class NetworkRbac implements NetworkStage {
    /// Also where its dynamic metadata is.
    public static final String NAMESPACE = "envoy.filters.network.rbac";

    private final String name;
    private final AccessFilter filter;

    public NetworkRbac(
            String name,
            Optional<AccessRules> rules,
            Optional<AccessRules> shadow,
            String shadowPrefix,
            String statPrefix,
            SecurityCounters counters) {
        this.name = name;
        filter =
                new AccessFilter(
                        NAMESPACE, false, rules, shadow, "", shadowPrefix, statPrefix, counters);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public NetworkStep onConnection(Connection connection) {
        var refusal = filter.refusal(new Facts(connection.info(), null));
        return refusal == null
                ? NetworkStep.PASS
                : new NetworkStep.Close(Optional.empty(), refusal);
    }
}
