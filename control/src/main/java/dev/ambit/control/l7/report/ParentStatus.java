package dev.ambit.control.l7.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// An entry of `status.parents` of a route, or of `status.ancestors` of a Gateway API policy.
///
/// @param reference the parentRef as it was written: what it leaves out is left out here too
/// @param controller who says so
public record ParentStatus(
        SequencedMap<String, Object> reference, String controller, List<Condition> conditions) {
    /// The name that Istio's routes and tools expect.
    public static final String CONTROLLER = "istio.io/gateway-controller";

    public ParentStatus {
        reference = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(reference));
        conditions = List.copyOf(conditions);
    }

    /// In the order of the map given.
    public static ParentStatus of(Map<String, Object> reference, List<Condition> conditions) {
        return new ParentStatus(new LinkedHashMap<>(reference), CONTROLLER, conditions);
    }
}
