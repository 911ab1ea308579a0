package dev.ambit.waypoint.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.JsonSchema;

/// What annotations of the pod say to this process itself.
final class Annotations {
    private static final String BUCKETS = "sidecar.istio.io/statsHistogramBuckets";

    /// As Envoy names Istio's histograms: the prefix that fits this one holds for all of them.
    private static final String METRICS = "istiocustom.istio_request_duration_milliseconds";

    private static final int MOST_BUCKETS = 256;

    private Annotations() {}

    /// `{"istiocustom":[1,5,10]}`: bounds by prefix of a metric's name, the first that fits in the
    /// order of the prefixes. What makes no sense is told, and leaves the usual bounds.
    static List<Double> histogramBuckets(Map<String, Object> metadata, List<String> remarks) {
        if (!(metadata.get("ANNOTATIONS") instanceof Map<?, ?> annotations)
                || !(annotations.get(BUCKETS) instanceof String text)) {
            return List.of();
        }
        var bounds = new ArrayList<Double>();
        if (read(text, bounds)) {
            return List.copyOf(bounds);
        }
        remarks.add(
                "annotation "
                        + BUCKETS
                        + ": "
                        + text
                        + " has no effect (expected: JSON as {\"istiocustom\":[1,5,10]}, lists of"
                        + " at most "
                        + MOST_BUCKETS
                        + " ascending numbers)");
        return List.of();
    }

    private static boolean read(String text, List<Double> bounds) {
        Object all;
        try {
            all =
                    new Load(LoadSettings.builder().setSchema(new JsonSchema()).build())
                            .loadFromString(text);
        } catch (YamlEngineException broken) {
            return false;
        }
        if (!(all instanceof Map<?, ?> byPrefix)) {
            return false;
        }
        var sorted = new TreeMap<String, Object>();
        byPrefix.forEach((prefix, list) -> sorted.put(String.valueOf(prefix), list));
        boolean found = false;
        for (var entry : sorted.entrySet()) {
            var list = new ArrayList<Double>();
            if (!ascending(entry.getValue(), list)) {
                return false;
            }
            if (!found && METRICS.startsWith(entry.getKey())) {
                found = true;
                bounds.addAll(list);
            }
        }
        return true;
    }

    private static boolean ascending(Object value, List<Double> bounds) {
        if (!(value instanceof List<?> list) || list.isEmpty() || list.size() > MOST_BUCKETS) {
            return false;
        }
        double last = Double.NEGATIVE_INFINITY;
        for (var each : list) {
            if (!(each instanceof Number number) || !(number.doubleValue() > last)) {
                return false;
            }
            last = number.doubleValue();
            bounds.add(last);
        }
        return Double.isFinite(last);
    }
}
