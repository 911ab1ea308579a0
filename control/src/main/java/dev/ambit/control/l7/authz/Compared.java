package dev.ambit.control.l7.authz;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// What became of the values of one clause.
///
/// @param whole of those that can be compared; empty when none can
/// @param spoilt whether there was one that can't be compared
record Compared<T>(Optional<T> whole, boolean spoilt) {
    static <T> Compared<T> nothing() {
        return new Compared<>(Optional.empty(), false);
    }

    static <T> Compared<T> of(T whole) {
        return new Compared<>(Optional.of(whole), false);
    }

    static <T> Compared<T> spoilt(Optional<T> rest) {
        return new Compared<>(rest, true);
    }

    static <T> Compared<T> each(
            List<String> values, Function<String, Optional<T>> one, Function<List<T>, T> or) {
        var fit = new ArrayList<T>();
        for (var value : values) {
            one.apply(value).ifPresent(fit::add);
        }
        var whole = fit.isEmpty() ? Optional.<T>empty() : Optional.of(or.apply(fit));
        return new Compared<>(whole, fit.size() < values.size());
    }
}
