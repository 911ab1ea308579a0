package dev.ambit.waypoint.telemetry.export;

import java.util.List;

/// Makes a message for a collector of entries that are encoded already.
public interface Envelope {
    /// @param first whether it is the first message of a stream, or of everything
    byte[] wrap(List<byte[]> entries, boolean first);
}
