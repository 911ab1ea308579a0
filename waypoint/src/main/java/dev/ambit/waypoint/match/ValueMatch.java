package dev.ambit.waypoint.match;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A condition on a value of metadata (`envoy.type.matcher.v3.ValueMatcher`). Values are those of
/// JSON, as `StreamInfo.dynamicMetadata` has them.
public sealed interface ValueMatch {
    /// @param value null where there is none, or it is JSON's null
    boolean matches(@Nullable Object value);

    /// Envoy tells an absent value from null; metadata here does not keep nulls.
    record Null() implements ValueMatch {
        @Override
        public boolean matches(@Nullable Object value) {
            return false;
        }
    }

    /// @param to exclusive; the same as `from` for exactly that
    record Number(double from, double to) implements ValueMatch {
        @Override
        public boolean matches(@Nullable Object value) {
            if (!(value instanceof java.lang.Number number)) {
                return false;
            }
            double actual = number.doubleValue();
            return from == to ? actual == from : actual >= from && actual < to;
        }
    }

    record Text(TextMatch match) implements ValueMatch {
        @Override
        public boolean matches(@Nullable Object value) {
            return value instanceof String text && match.matches(text);
        }
    }

    record Bool(boolean expected) implements ValueMatch {
        @Override
        public boolean matches(@Nullable Object value) {
            return value instanceof Boolean actual && actual == expected;
        }
    }

    record Present(boolean expected) implements ValueMatch {
        @Override
        public boolean matches(@Nullable Object value) {
            return expected == (value != null);
        }
    }

    record OneOfList(ValueMatch match) implements ValueMatch {
        @Override
        public boolean matches(@Nullable Object value) {
            if (!(value instanceof List<?> list)) {
                return false;
            }
            for (var element : list) {
                if (match.matches(element)) {
                    return true;
                }
            }
            return false;
        }
    }

    record AnyOf(List<ValueMatch> matches) implements ValueMatch {
        @Override
        public boolean matches(@Nullable Object value) {
            for (var match : matches) {
                if (match.matches(value)) {
                    return true;
                }
            }
            return false;
        }
    }
}
