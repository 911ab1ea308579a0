package dev.ambit.control.compile;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import java.util.Locale;
import java.util.Map;

/// Which endpoints of a service are preferred.
public enum TrafficDistribution {
    ANY,
    PREFER_SAME_ZONE,
    PREFER_SAME_NODE;

    /// The field of the spec wins when its value is known, then the annotation of the service, then
    /// that of its namespace. Annotations may be spelt in any case.
    ///
    /// @param spec empty when not set
    /// @param inherited annotations of the namespace
    public static TrafficDistribution of(Meta meta, String spec, Map<String, String> inherited) {
        return switch (spec) {
            case "PreferClose", "PreferSameZone" -> PREFER_SAME_ZONE;
            case "PreferSameNode" -> PREFER_SAME_NODE;
            default -> annotated(meta, inherited);
        };
    }

    private static TrafficDistribution annotated(Meta meta, Map<String, String> inherited) {
        var own = meta.annotation(Names.TRAFFIC_DISTRIBUTION);
        var text = own.isEmpty() ? inherited.getOrDefault(Names.TRAFFIC_DISTRIBUTION, "") : own;
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "preferclose", "prefersamezone" -> PREFER_SAME_ZONE;
            case "prefersamenode" -> PREFER_SAME_NODE;
            default -> ANY;
        };
    }
}
