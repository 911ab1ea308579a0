package dev.ambit.e2e.watch;

import java.util.List;

/// What was seen on a link.
///
/// @param frames how many frames the capture holds; none at all would prove nothing
/// @param bytes all of them together
/// @param inClear where the marker could be read: one line a connection or packet
public record Sighting(long frames, long bytes, List<String> inClear) {
    public Sighting {
        inClear = List.copyOf(inClear);
    }

    public boolean markerInClear() {
        return !inClear.isEmpty();
    }
}
