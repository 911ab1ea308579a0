package dev.ambit.control.resource;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/// @param selector empty for a policy of the whole namespace (or mesh)
/// @param standIn in place of one that can't be used: it is STRICT
public record PeerAuthentication(
        Meta meta,
        Optional<Map<String, String>> selector,
        Mode mode,
        SortedMap<Integer, Mode> ports,
        boolean standIn)
        implements Resource {

    public enum Mode {
        UNSET,
        DISABLE,
        PERMISSIVE,
        STRICT
    }
}
