package dev.ambit.control.l7;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import java.io.IOException;

/// Small protobuf values.
public final class Protos {
    private static final String PREFIX = "type.googleapis.com/";

    private Protos() {}

    /// Equal messages give equal bytes: maps are written in the order of their keys.
    public static Any any(Message message) {
        return Any.newBuilder()
                .setTypeUrl(PREFIX + message.getDescriptorForType().getFullName())
                .setValue(bytes(message))
                .build();
    }

    public static ByteString bytes(Message message) {
        var bytes = new byte[message.getSerializedSize()];
        try {
            var out = CodedOutputStream.newInstance(bytes);
            out.useDeterministicSerialization();
            message.writeTo(out);
        } catch (IOException impossible) {
            throw new IllegalStateException("in memory", impossible);
        }
        return com.google.protobuf.UnsafeByteOperations.unsafeWrap(bytes);
    }

    public static UInt32Value uint32(int value) {
        return UInt32Value.of(value);
    }

    public static BoolValue bool(boolean value) {
        return BoolValue.of(value);
    }

    public static Duration duration(java.time.Duration value) {
        return Duration.newBuilder()
                .setSeconds(value.getSeconds())
                .setNanos(value.getNano())
                .build();
    }
}
