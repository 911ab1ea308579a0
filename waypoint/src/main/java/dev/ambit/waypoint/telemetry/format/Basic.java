package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.match.Ascii;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// Operators by what they yield.
final class Basic {
    /// Where there is no number.
    static final long NONE = Long.MIN_VALUE;

    private Basic() {}

    /// A part that is there already.
    record Literal(String octets) implements Operator {
        @Override
        public String text(StreamInfo info) {
            return octets;
        }
    }

    /// A text; empty ones are there.
    record Text(Function<StreamInfo, @Nullable String> get) implements Operator {
        @Override
        public @Nullable String text(StreamInfo info) {
            return get.apply(info);
        }
    }

    /// A text of which empty means that there is none.
    record Present(Function<StreamInfo, String> get) implements Operator {
        @Override
        public @Nullable String text(StreamInfo info) {
            var text = get.apply(info);
            return text.isEmpty() ? null : Ascii.octets(text);
        }
    }

    record Number(ToLongFunction<StreamInfo> get) implements Operator {
        @Override
        public @Nullable String text(StreamInfo info) {
            long number = get.applyAsLong(info);
            return number == NONE ? null : Long.toString(number);
        }

        @Override
        public @Nullable Object value(StreamInfo info) {
            long number = get.applyAsLong(info);
            return number == NONE ? null : (Object) number;
        }

        @Override
        public boolean append(StringBuilder out, StreamInfo info) {
            long number = get.applyAsLong(info);
            if (number != NONE) {
                out.append(number);
            }
            return number != NONE;
        }
    }

    /// Whatever JSON has; texts at the top are made octets.
    record Structured(Function<StreamInfo, @Nullable Object> get, int most) implements Operator {
        @Override
        public @Nullable String text(StreamInfo info) {
            var value = get.apply(info);
            if (value == null) {
                return null;
            }
            var text = value instanceof String plain ? Ascii.octets(plain) : JsonText.of(value);
            return cut(text, most);
        }

        @Override
        public @Nullable Object value(StreamInfo info) {
            var value = get.apply(info);
            return value instanceof String text ? cut(Ascii.octets(text), most) : value;
        }
    }

    /// At most `most` octets of a text.
    record Cut(Operator of, int most) implements Operator {
        @Override
        public @Nullable String text(StreamInfo info) {
            var text = of.text(info);
            return text == null ? null : cut(text, most);
        }

        @Override
        public @Nullable Object value(StreamInfo info) {
            var value = of.value(info);
            return value instanceof String text ? cut(text, most) : value;
        }
    }

    static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most);
    }
}
