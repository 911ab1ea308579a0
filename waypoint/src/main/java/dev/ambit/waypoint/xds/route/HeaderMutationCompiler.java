package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.route.stages.HeaderMutationPolicy;
import dev.ambit.waypoint.route.stages.HeaderMutationPolicy.Operation;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations;
import java.util.ArrayList;
import java.util.List;

/// `envoy.extensions.filters.http.header_mutation.v3.Mutations`.
final class HeaderMutationCompiler {
    /// `HeaderMutation.remove_on_match`, newer than the library.
    private static final int REMOVE_ON_MATCH = 3;

    private final MutationCompiler mutations;

    HeaderMutationCompiler(MutationCompiler mutations) {
        this.mutations = mutations;
    }

    HeaderMutationPolicy compile(Mutations config) throws Refused {
        if (config.getQueryParameterMutationsCount() > 0
                || !config.getUnknownFields().asMap().isEmpty()) {
            throw new Refused(
                    "mutations", "of parameters or trailers", "request_ and response_mutations");
        }
        return new HeaderMutationPolicy(
                operations("request_mutations", config.getRequestMutationsList()),
                operations("response_mutations", config.getResponseMutationsList()));
    }

    private List<Operation> operations(String field, List<HeaderMutation> config) throws Refused {
        var operations = new ArrayList<Operation>();
        for (var one : config) {
            operations.add(operation(field, one));
        }
        return List.copyOf(operations);
    }

    private Operation operation(String field, HeaderMutation mutation) throws Refused {
        return switch (mutation.getActionCase()) {
            case REMOVE -> new Operation.Remove(MutationCompiler.name(field, mutation.getRemove()));
            case APPEND -> new Operation.Set(mutations.addition(field, mutation.getAppend()));
            case ACTION_NOT_SET ->
                    throw new Refused(
                            field,
                            mutation.getUnknownFields().hasField(REMOVE_ON_MATCH)
                                    ? "remove_on_match"
                                    : "",
                            "remove or append");
        };
    }
}
