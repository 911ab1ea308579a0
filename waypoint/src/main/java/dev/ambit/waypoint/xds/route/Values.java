package dev.ambit.waypoint.xds.route;

import com.google.protobuf.Duration;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Plain values out of messages.
final class Values {
    private static final int NANOS_PER_MILLI = 1_000_000;
    private static final int MILLIS_PER_SECOND = 1_000;

    /// What a `google.protobuf.Duration` may be at most.
    private static final long MOST_SECONDS = 315_576_000_000L;

    private Values() {}

    /// Of a `uint32`; one over 2^31-1 is as good as that.
    static int count(int unsigned) {
        return unsigned < 0 ? Integer.MAX_VALUE : unsigned;
    }

    /// Milliseconds, rounded up where less than one would become none.
    static long millis(String field, Duration duration) throws Refused {
        if (duration.getSeconds() < 0
                || duration.getSeconds() > MOST_SECONDS
                || duration.getNanos() < 0) {
            throw new Refused(
                    field, duration.getSeconds() + "s", "a duration of less than 10,000 years");
        }
        long nanos = duration.getNanos();
        long millis = duration.getSeconds() * MILLIS_PER_SECOND + nanos / NANOS_PER_MILLI;
        return millis == 0 && nanos > 0 ? 1 : millis;
    }

    static OptionalLong millis(String field, boolean set, Duration duration) throws Refused {
        return set ? OptionalLong.of(millis(field, duration)) : OptionalLong.empty();
    }

    static Map<String, Map<String, Object>> metadata(Metadata metadata) {
        var all = new HashMap<String, Map<String, Object>>();
        metadata.getFilterMetadataMap()
                .forEach((namespace, fields) -> all.put(namespace, struct(fields)));
        return Map.copyOf(all);
    }

    private static Map<String, Object> struct(Struct struct) {
        var fields = new HashMap<String, Object>();
        struct.getFieldsMap()
                .forEach((key, value) -> {
                    var plain = plain(value);
                    if (plain != null) {
                        fields.put(key, plain);
                    }
                });
        return Map.copyOf(fields);
    }

    private static @Nullable Object plain(Value value) {
        return switch (value.getKindCase()) {
            case NULL_VALUE, KIND_NOT_SET -> null;
            case NUMBER_VALUE -> value.getNumberValue();
            case STRING_VALUE -> value.getStringValue();
            case BOOL_VALUE -> value.getBoolValue();
            case STRUCT_VALUE -> struct(value.getStructValue());
            case LIST_VALUE ->
                    List.copyOf(
                            value.getListValue().getValuesList().stream()
                                    .map(Values::plain)
                                    .filter(Objects::nonNull)
                                    .toList());
        };
    }
}
