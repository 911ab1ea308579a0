package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.match.TextMatch;
import dev.ambit.waypoint.route.HeaderMutations.Addition;
import dev.ambit.waypoint.route.StageConfigs;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Header operations in the order in which they are written
/// (`envoy.extensions.filters.http.header_mutation.v3.Mutations`).
public record HeaderMutationPolicy(List<Operation> request, List<Operation> response) {
    /// Those of a route, its virtual host and its table.
    public record Levels(List<HeaderMutationPolicy> specificFirst) implements StageConfigs.Layered {
        @Override
        public Object over(Object general) {
            if (!(general instanceof Levels above)) {
                return this;
            }
            var all = new ArrayList<>(specificFirst);
            all.addAll(above.specificFirst);
            return new Levels(List.copyOf(all));
        }

        int size() {
            return specificFirst.size();
        }

        HeaderMutationPolicy at(int step, boolean specificLast) {
            return specificFirst.get(specificLast ? size() - 1 - step : step);
        }
    }

    public sealed interface Operation {
        record Remove(String name) implements Operation {}

        /// All headers whose names match.
        record RemoveMatching(TextMatch names) implements Operation {}

        record Set(Addition addition) implements Operation {}
    }

    static void apply(
            List<Operation> operations,
            Headers headers,
            RequestHead request,
            @Nullable ResponseHead response,
            StreamInfo info) {
        for (int at = 0; at < operations.size(); at++) {
            switch (operations.get(at)) {
                case Operation.Remove(var name) -> headers.remove(name);
                case Operation.RemoveMatching(var names) -> removeMatching(headers, names);
                case Operation.Set(var addition) -> set(addition, headers, request, response, info);
            }
        }
    }

    private static void removeMatching(Headers headers, TextMatch names) {
        int at = 0;
        while (at < headers.size()) {
            if (names.matches(headers.name(at))) {
                headers.remove(headers.name(at));
            } else {
                at++;
            }
        }
    }

    private static void set(
            Addition addition,
            Headers headers,
            RequestHead request,
            @Nullable ResponseHead response,
            StreamInfo info) {
        var name = addition.name();
        boolean wanted =
                switch (addition.append()) {
                    case APPEND_IF_EXISTS_OR_ADD, OVERWRITE_IF_EXISTS_OR_ADD -> true;
                    case ADD_IF_ABSENT -> !headers.contains(name);
                    case OVERWRITE_IF_EXISTS -> headers.contains(name);
                };
        if (!wanted) {
            return;
        }
        var value = addition.value().format(request, response, info);
        if (value.isEmpty() && !addition.keepEmpty()) {
            return;
        }
        switch (addition.append()) {
            case APPEND_IF_EXISTS_OR_ADD, ADD_IF_ABSENT -> headers.add(name, value);
            case OVERWRITE_IF_EXISTS_OR_ADD, OVERWRITE_IF_EXISTS -> headers.set(name, value);
        }
    }
}
