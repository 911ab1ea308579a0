package dev.ambit.bench.macro;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Median, least and greatest of a few values.
public record Spread(double median, double least, double greatest, int count) {
    /// Of a few values, empty where there are none.
    public static String text(Collection<Double> values, int decimals) {
        return of(List.copyOf(values)).map(spread -> spread.text(decimals)).orElse("");
    }

    static Optional<Spread> of(List<Double> values) {
        if (values.isEmpty()) {
            return Optional.empty();
        }
        var sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        double median =
                sorted.size() % 2 == 1
                        ? sorted.get(middle)
                        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        return Optional.of(new Spread(median, sorted.getFirst(), sorted.getLast(), sorted.size()));
    }

    /// `1.25 [1.10–1.40]`, or the value alone when there is only one.
    String text(int decimals) {
        String number = "%." + decimals + "f";
        return count == 1
                ? String.format(Locale.ROOT, number, median)
                : String.format(
                        Locale.ROOT,
                        number + " [" + number + "–" + number + "]",
                        median,
                        least,
                        greatest);
    }
}
