package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.route.ClusterChoice;
import dev.ambit.waypoint.route.HashPolicy;
import dev.ambit.waypoint.route.HostOptions;
import dev.ambit.waypoint.route.HostRewrite;
import dev.ambit.waypoint.route.MirrorPolicy;
import dev.ambit.waypoint.route.PathMatch;
import dev.ambit.waypoint.route.PathRewrite;
import dev.ambit.waypoint.route.RetryOn;
import dev.ambit.waypoint.route.RetryPolicy;
import dev.ambit.waypoint.route.Route;
import dev.ambit.waypoint.route.RouteAction;
import dev.ambit.waypoint.route.RouteIndex;
import dev.ambit.waypoint.route.RouteMatch;
import dev.ambit.waypoint.route.RouteTable;
import dev.ambit.waypoint.route.RouteTimeouts;
import dev.ambit.waypoint.route.StageConfigs;
import dev.ambit.waypoint.route.VirtualHost;
import dev.ambit.waypoint.route.limit.RateLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// Routes by hand. The last one given for a path counts first.
final class TestRoutes {
    private final List<Route> routes = new ArrayList<>();
    private boolean attemptCounts;

    RetryPolicy retry = RetryPolicy.NONE;
    RouteTimeouts timeouts = timeouts(0);
    boolean hedge;
    List<MirrorPolicy> mirrors = List.of();
    List<HashPolicy> hash = List.of();
    StageConfigs stages = StageConfigs.NONE;
    HostRewrite host = HostRewrite.KEEP;
    Map<String, Boolean> upgrades = Map.of();

    static RouteTimeouts timeouts(long millis) {
        return new RouteTimeouts(
                millis,
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                Optional.empty());
    }

    static RetryPolicy retry(String on, int retries, long perTryMillis) {
        return new RetryPolicy(
                RetryOn.parse(on),
                retries,
                perTryMillis,
                0,
                List.of(),
                List.of(),
                List.of(),
                25,
                OptionalLong.empty(),
                List.of(),
                300_000,
                true,
                OptionalInt.empty(),
                5);
    }

    TestRoutes countAttempts() {
        attemptCounts = true;
        return this;
    }

    TestRoutes to(String prefix, String cluster) {
        return add(
                prefix,
                new RouteAction.Forward(
                        new ClusterChoice.Single(cluster),
                        503,
                        PathRewrite.KEEP,
                        host,
                        false,
                        timeouts,
                        retry,
                        hedge,
                        mirrors,
                        hash,
                        upgrades,
                        false,
                        RateLimits.NONE,
                        false));
    }

    TestRoutes add(String prefix, RouteAction action) {
        routes.add(
                0,
                new Route(
                        "to " + prefix,
                        RouteMatch.of(new PathMatch.Prefix(prefix)),
                        action,
                        List.of(),
                        List.of(),
                        stages,
                        Map.of(),
                        Optional.empty(),
                        Optional.empty(),
                        "",
                        1 << 20,
                        new HostOptions(
                                "v", attemptCounts, attemptCounts, false, RateLimits.NONE)));
        return this;
    }

    RouteTable table() {
        return new RouteTable(
                "test",
                List.of(
                        new VirtualHost(
                                List.of("*"),
                                RouteIndex.of(routes),
                                VirtualHost.TlsRequirement.NONE,
                                new HostOptions("v", false, false, false, RateLimits.NONE))),
                RouteTable.Options.DEFAULT);
    }
}
