package dev.ambit.control.l7.route;

import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.route.ParentRef;
import java.util.List;

/// How a Gateway API route fares with each of its parents.
public record RouteStatus(Resource.Key route, List<Parent> parents) {
    public RouteStatus {
        parents = List.copyOf(parents);
    }

    /// @param ref as the route has it
    public record Parent(ParentRef ref, List<Condition> conditions) {
        public Parent {
            conditions = List.copyOf(conditions);
        }
    }

    /// @param holds status `True`
    public record Condition(String type, boolean holds, String reason, String message) {}
}
