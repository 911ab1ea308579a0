package dev.ambit.waypoint.xds.cluster;

import com.google.protobuf.UInt32Value;
import com.google.protobuf.UInt64Value;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.type.v3.Percent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Values of protobuf as those of Java.
final class Values {
    /// Unsigned 32 bits.
    static final long UINT32_MAX = 0xFFFFFFFFL;

    /// Ten years: so that sums and multiples of nanoseconds fit a long.
    private static final long MAX_SECONDS = 315_576_000;

    private Values() {}

    /// Not negative.
    static Duration duration(String field, com.google.protobuf.Duration value) throws Refused {
        if (value.getSeconds() < 0 || value.getNanos() < 0 || value.getSeconds() > MAX_SECONDS) {
            throw new Refused(
                    field,
                    value.getSeconds() + "." + value.getNanos() + "s",
                    "0s to " + MAX_SECONDS + "s");
        }
        return Duration.ofSeconds(value.getSeconds(), value.getNanos());
    }

    static Duration duration(
            String field, boolean present, com.google.protobuf.Duration value, Duration otherwise)
            throws Refused {
        return present ? duration(field, value) : otherwise;
    }

    static long uint(UInt32Value value) {
        return value.getValue() & UINT32_MAX;
    }

    static long uint(boolean present, UInt32Value value, long otherwise) {
        return present ? uint(value) : otherwise;
    }

    static int integer(String field, boolean present, UInt32Value value, int otherwise)
            throws Refused {
        long found = uint(present, value, otherwise);
        return integer(field, found, 0, Integer.MAX_VALUE);
    }

    static int integer(String field, long value, long least, long most) throws Refused {
        if (value < least || value > most) {
            throw new Refused(
                    field, Long.toUnsignedString(value), "%d to %d".formatted(least, most));
        }
        return (int) value;
    }

    static long whole(String field, boolean present, UInt64Value value, long otherwise, long most)
            throws Refused {
        long found = present ? value.getValue() : otherwise;
        if (found < 0 || found > most) {
            throw new Refused(field, Long.toUnsignedString(found), "0 to " + most);
        }
        return found;
    }

    /// 0 to 100.
    static int percent(String field, boolean present, UInt32Value value, int otherwise)
            throws Refused {
        return integer(field, uint(present, value, otherwise), 0, 100);
    }

    static double percent(String field, boolean present, Percent value, double otherwise)
            throws Refused {
        double found = present ? value.getValue() : otherwise;
        if (!(found >= 0 && found <= 100)) {
            throw new Refused(field, Double.toString(found), "0 to 100");
        }
        return found;
    }

    /// Compiles each of a list, and says which one was bad.
    static <A, B> List<B> each(String field, List<A> all, Compile<A, B> compile) throws Refused {
        var made = new ArrayList<B>(all.size());
        for (int i = 0; i < all.size(); i++) {
            try {
                made.add(compile.apply(all.get(i)));
            } catch (Refused e) {
                throw e.in(field + "[" + i + "]");
            }
        }
        return List.copyOf(made);
    }

    interface Compile<A, B> {
        B apply(A value) throws Refused;
    }
}
