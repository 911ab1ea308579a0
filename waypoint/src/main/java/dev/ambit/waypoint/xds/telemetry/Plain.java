package dev.ambit.waypoint.xds.telemetry;

import com.google.protobuf.Duration;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Plain values out of messages, and into them.
final class Plain {
    private Plain() {}

    static java.time.Duration duration(Duration duration) {
        return java.time.Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
    }

    /// With nulls for what is null.
    static Map<String, @Nullable Object> map(Struct struct) {
        var map = new TreeMap<String, @Nullable Object>();
        struct.getFieldsMap().forEach((key, value) -> map.put(key, value(value)));
        return map;
    }

    static @Nullable Object value(Value value) {
        return switch (value.getKindCase()) {
            case NULL_VALUE, KIND_NOT_SET -> null;
            case NUMBER_VALUE -> value.getNumberValue();
            case STRING_VALUE -> value.getStringValue();
            case BOOL_VALUE -> value.getBoolValue();
            case STRUCT_VALUE -> map(value.getStructValue());
            case LIST_VALUE -> {
                var list = new ArrayList<@Nullable Object>();
                for (var each : value.getListValue().getValuesList()) {
                    list.add(value(each));
                }
                yield list;
            }
        };
    }

    static Struct struct(Map<?, ?> map) {
        var struct = Struct.newBuilder();
        map.forEach((key, value) -> struct.putFields(String.valueOf(key), message(value)));
        return struct.build();
    }

    static Value message(@Nullable Object value) {
        var made = Value.newBuilder();
        switch (value) {
            case null -> made.setNullValueValue(0);
            case String text -> made.setStringValue(text);
            case Boolean flag -> made.setBoolValue(flag);
            case Number number -> made.setNumberValue(number.doubleValue());
            case Map<?, ?> map -> made.setStructValue(struct(map));
            case List<?> list -> {
                var values = ListValue.newBuilder();
                list.forEach(each -> values.addValues(message(each)));
                made.setListValue(values);
            }
            default -> made.setStringValue(value.toString());
        }
        return made.build();
    }

    /// Octets of a header as text; what is no UTF-8 is replaced.
    static String text(String octets) {
        for (int at = 0; at < octets.length(); at++) {
            if (octets.charAt(at) >= 128) {
                return new String(
                        octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            }
        }
        return octets;
    }
}
