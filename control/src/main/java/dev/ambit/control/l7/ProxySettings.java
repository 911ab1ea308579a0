package dev.ambit.control.l7;

import com.google.protobuf.Value;
import dev.ambit.control.resource.BadInput;
import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.Texts;
import dev.ambit.control.resource.observe.ProxyDefaults;
import dev.ambit.control.resource.observe.ProxyDefaultsReader;
import java.time.Duration;
import java.util.Optional;

/// What a proxy says of itself in its node's metadata.
public final class ProxySettings {
    private ProxySettings() {}

    /// `PROXY_CONFIG` counts as a whole, if it is there and can be read; else the mesh's.
    public static ProxyDefaults of(WaypointScope scope) {
        var own =
                scope.node()
                        .metadata()
                        .getFieldsOrDefault("PROXY_CONFIG", Value.getDefaultInstance());
        if (own.hasStructValue()) {
            try {
                return ProxyDefaultsReader.read(Fields.of(own.getStructValue(), "PROXY_CONFIG"));
            } catch (BadInput unreadable) {
                // A proxy that describes itself wrongly is still to serve.
                return scope.model().input().mesh().observe().proxy();
            }
        }
        return scope.model().input().mesh().observe().proxy();
    }

    /// Empty when it is not said.
    public static String metadata(WaypointNode node, String name) {
        return node.metadata()
                .getFieldsOrDefault(name, Value.getDefaultInstance())
                .getStringValue();
    }

    /// `IDLE_TIMEOUT`: how long a connection may be silent.
    public static Optional<Duration> idleTimeout(WaypointNode node) {
        return Texts.duration(metadata(node, "IDLE_TIMEOUT"));
    }

    /// Whether the proxy is of that version of Istio or newer; one that does not say is the newest.
    public static boolean atLeast(WaypointNode node, int major, int minor, int patch) {
        var parts = node.version().split("[.-]", 4);
        int[] wanted = {major, minor, patch};
        for (int i = 0; i < wanted.length; i++) {
            if (i >= parts.length || !parts[i].matches("[0-9]{1,6}")) {
                return true;
            }
            int have = Integer.parseInt(parts[i]);
            if (have != wanted[i]) {
                return have > wanted[i];
            }
        }
        return true;
    }
}
