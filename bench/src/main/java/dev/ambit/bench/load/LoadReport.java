package dev.ambit.bench.load;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// What a generator says at its end: one line, `RESULT name=number name=number …`.
public record LoadReport(Map<String, Long> numbers) {
    /// Printed when a generator listens, or holds what it was to hold.
    public static final String READY = "READY";

    private static final String START = "RESULT";

    public LoadReport {
        numbers = Map.copyOf(numbers);
    }

    public String line() {
        var text = new StringBuilder(START);
        numbers.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(e -> text.append(' ').append(e.getKey()).append('=').append(e.getValue()));
        return text.toString();
    }

    /// The report, if the line is one.
    public static Optional<LoadReport> parse(String line) {
        String[] words = line.strip().split(" ");
        if (!words[0].equals(START)) {
            return Optional.empty();
        }
        var numbers = new LinkedHashMap<String, Long>();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals <= 0) {
                return Optional.empty();
            }
            try {
                numbers.put(
                        words[i].substring(0, equals),
                        Long.parseLong(words[i].substring(equals + 1)));
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }
        return Optional.of(new LoadReport(numbers));
    }

    /// @throws IllegalArgumentException when the generator did not report it
    public long get(String name) {
        return Optional.ofNullable(numbers.get(name))
                .orElseThrow(() -> new IllegalArgumentException("no '" + name + "' in: " + line()));
    }
}
