package dev.ambit.control.compile;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.ResourceSet;

/// Explains what {@link Waypoints} decides, for statuses and reports.
public final class Bindings {
    private final Waypoints waypoints;

    private Bindings(Waypoints waypoints) {
        this.waypoints = waypoints;
    }

    public static Bindings of(ResourceSet input, CompileSettings settings) {
        return new Bindings(new Waypoints(input, Surroundings.of(input, settings)));
    }

    public Binding service(Meta meta) {
        return waypoints.explain(meta, Waypoints.Traffic.SERVICE);
    }

    public Binding entry(Meta meta) {
        return waypoints.explainEntry(meta);
    }

    public Binding workload(Meta meta) {
        return waypoints.explain(meta, Waypoints.Traffic.WORKLOAD);
    }
}
