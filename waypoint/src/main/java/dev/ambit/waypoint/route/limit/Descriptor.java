package dev.ambit.waypoint.route.limit;

import java.util.List;

/// What a request is counted by: keys and values.
public record Descriptor(List<Entry> entries) {
    public record Entry(String key, String value) {}
}
