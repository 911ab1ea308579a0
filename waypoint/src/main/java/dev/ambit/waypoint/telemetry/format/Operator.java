package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.exchange.StreamInfo;
import org.jspecify.annotations.Nullable;

/// One compiled part of a format. Texts are octets, as those of headers: UTF-8 seen as ISO 8859-1.
public interface Operator {
    /// Null where there is nothing to say.
    @Nullable String text(StreamInfo info);

    /// For typed formats: a `String` of octets, `Long`, `Double`, `Boolean`, `List` or `Map` (whose
    /// own texts are no octets); null where there is nothing to say.
    default @Nullable Object value(StreamInfo info) {
        return text(info);
    }

    /// Adds the text.
    ///
    /// @return false where there is nothing to say
    default boolean append(StringBuilder out, StreamInfo info) {
        var text = text(info);
        if (text == null) {
            return false;
        }
        out.append(text);
        return true;
    }
}
