package dev.ambit.control.xds;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.EndpointSlice;
import dev.ambit.control.resource.Pod;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Whether two moments differ, for one waypoint, in nothing but where endpoints are.
final class EndpointChange {
    private EndpointChange() {}

    static boolean only(WaypointScope before, WaypointScope after) {
        var old = before.model();
        var young = after.model();
        return before.node().equals(after.node())
                && before.services().equals(after.services())
                && before.workloads().equals(after.workloads())
                && after.services().stream().allMatch(EndpointChange::apart)
                && old.jwks().equals(young.jwks())
                && old.settings().equals(young.settings())
                && old.input().mesh().equals(young.input().mesh())
                && old.registry().services().equals(young.registry().services())
                && old.rest().equals(young.rest())
                && remotes(old.input()).equals(remotes(young.input()));
    }

    private static Map<String, List<Resource>> remotes(ResourceSet input) {
        var rest = new TreeMap<String, List<Resource>>();
        input.remotes()
                .forEach((cluster, resources) ->
                        rest.put(
                                cluster,
                                resources.stream()
                                        .filter(r ->
                                                !(r instanceof Pod)
                                                        && !(r instanceof EndpointSlice))
                                        .toList()));
        return rest;
    }

    /// Its endpoints are no part of its clusters.
    private static boolean apart(MeshService service) {
        return switch (service.resolution()) {
            case STATIC, PASSTHROUGH, DYNAMIC_DNS -> true;
            case DNS, DNS_ROUND_ROBIN -> false;
        };
    }
}
