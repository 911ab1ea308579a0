package dev.ambit.waypoint.route;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a route says to stages (`typed_per_filter_config`), by the stage's name, compiled: what
/// counts in the end of all levels from the table to the weighted cluster.
///
/// @param disabled stages that are to be passed over
/// @param enabled stages that are to run although their chain has them switched off
public record StageConfigs(Map<String, Object> configs, Set<String> disabled, Set<String> enabled) {
    public static final StageConfigs NONE = new StageConfigs(Map.of(), Set.of(), Set.of());

    /// A configuration that takes what it does not say itself from the level above.
    public interface Layered {
        /// @param general of the same stage, at the level above
        Object over(Object general);
    }

    /// Whether a stage is passed over.
    ///
    /// @param off whether its chain has it switched off
    public boolean skips(String stage, boolean off) {
        return off ? !enabled.contains(stage) : disabled.contains(stage);
    }

    public @Nullable Object of(String stage) {
        return configs.get(stage);
    }

    /// This, with what it does not say taken from the level above.
    public StageConfigs over(StageConfigs general) {
        if (general.equals(NONE)) {
            return this;
        }
        if (equals(NONE)) {
            return general;
        }
        var merged = new HashMap<>(general.configs);
        for (var entry : configs.entrySet()) {
            var above = general.configs.get(entry.getKey());
            merged.put(
                    entry.getKey(),
                    above != null && entry.getValue() instanceof Layered layered
                            ? layered.over(above)
                            : entry.getValue());
        }
        var off = new HashSet<>(general.disabled);
        off.removeAll(enabled);
        off.addAll(disabled);
        var on = new HashSet<>(general.enabled);
        on.removeAll(disabled);
        on.addAll(enabled);
        return new StageConfigs(Map.copyOf(merged), Set.copyOf(off), Set.copyOf(on));
    }
}
