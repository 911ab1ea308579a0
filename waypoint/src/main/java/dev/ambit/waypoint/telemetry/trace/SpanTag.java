package dev.ambit.waypoint.telemetry.trace;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.format.JsonText;
import dev.ambit.waypoint.telemetry.format.Operator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A tag that the configuration adds: `envoy.type.tracing.v3.CustomTag`, compiled. Values are
/// octets. A tag without a value is left out.
///
/// @param name of the tag
public record SpanTag(String name, Source source) {
    public sealed interface Source {
        /// What never changes: a word, or a variable of the environment.
        record Fixed(String value) implements Source {}

        /// @param header lower-case
        /// @param otherwise empty for none
        record Header(String header, String otherwise) implements Source {}

        /// Of dynamic metadata, or of the route's.
        record Metadata(boolean route, String namespace, List<String> path, String otherwise)
                implements Source {}

        /// Parts that are put together; left out where one alone is missing.
        record Formatted(List<Operator> parts) implements Source {}
    }

    /// Null where the tag is left out.
    public @Nullable String value(StreamInfo info) {
        return switch (source) {
            case Source.Fixed(var value) -> value.isEmpty() ? null : value;
            case Source.Header(var header, var otherwise) -> {
                var value = info.request == null ? null : info.request.get(header);
                yield value == null ? orNull(otherwise) : value;
            }
            case Source.Metadata(var route, var namespace, var path, var otherwise) -> {
                var metadata = route ? info.routeMetadata : info.dynamicMetadata();
                var value = Facts.at(metadata, namespace, path);
                yield value == null
                        ? orNull(otherwise)
                        : value instanceof String text ? text : JsonText.of(value);
            }
            case Source.Formatted(var parts) -> format(parts, info);
        };
    }

    private static @Nullable String format(List<Operator> parts, StreamInfo info) {
        if (parts.size() == 1) {
            var text = parts.getFirst().text(info);
            return text == null || text.isEmpty() ? null : text;
        }
        var out = new StringBuilder();
        for (var part : parts) {
            if (!part.append(out, info)) {
                out.append('-');
            }
        }
        return out.toString();
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
