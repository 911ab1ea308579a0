package dev.ambit.control.l7.report;

import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.route.RouteStatus;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.route.ParentRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/// Statuses of Gateway API routes.
final class RouteReport {
    private RouteReport() {}

    static List<ResourceStatus> of(L7Model model) {
        var resources = new HashMap<Resource.Key, Resource>();
        model.input().resources().forEach(r -> resources.putIfAbsent(r.key(), r));
        var statuses = new ArrayList<ResourceStatus>();
        for (var status : model.routes().statuses()) {
            var parents = status.parents().stream().map(RouteReport::parent).toList();
            Optional.ofNullable(resources.get(status.route()))
                    .ifPresent(r -> statuses.add(ResourceStatus.ofRoute(r, parents)));
        }
        return statuses;
    }

    private static ParentStatus parent(RouteStatus.Parent parent) {
        return ParentStatus.of(
                reference(parent.ref()),
                parent.conditions().stream()
                        .map(c ->
                                c.holds()
                                        ? Condition.yes(c.type(), c.reason(), c.message())
                                        : Condition.no(c.type(), c.reason(), c.message()))
                        .toList());
    }

    /// As it was written: what it leaves out stays out.
    private static SequencedMap<String, Object> reference(ParentRef ref) {
        var fields = new LinkedHashMap<String, Object>();
        ref.group().ifPresent(g -> fields.put("group", g));
        ref.kind().ifPresent(k -> fields.put("kind", k));
        fields.put("name", ref.name());
        ref.namespace().ifPresent(n -> fields.put("namespace", n));
        ref.port().ifPresent(p -> fields.put("port", p));
        ref.sectionName().ifPresent(s -> fields.put("sectionName", s));
        return fields;
    }
}
