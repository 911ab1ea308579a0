package dev.ambit.mesh.xds;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What JSON has, as protobuf's `Value`.
public final class Structs {
    private Structs() {}

    public static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    public static Value value(@Nullable Object json) {
        var value = Value.newBuilder();
        return switch (json) {
            case null -> value.setNullValue(NullValue.NULL_VALUE).build();
            case Boolean flag -> value.setBoolValue(flag).build();
            case Number number -> value.setNumberValue(number.doubleValue()).build();
            case List<?> list -> {
                var all = ListValue.newBuilder();
                list.forEach(element -> all.addValues(value(element)));
                yield value.setListValue(all).build();
            }
            case Map<?, ?> map -> {
                var fields = Struct.newBuilder();
                map.forEach((name, each) -> fields.putFields(String.valueOf(name), value(each)));
                yield value.setStructValue(fields).build();
            }
            default -> text(json.toString());
        };
    }
}
