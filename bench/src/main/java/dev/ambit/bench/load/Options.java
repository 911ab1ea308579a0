package dev.ambit.bench.load;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `name=value` arguments of a generator. No option library here: the generators share a core with
/// what they measure, so they stay small.
final class Options {
    private final Map<String, String> values = new LinkedHashMap<>();

    static Options parse(List<String> args) {
        var options = new Options();
        for (String arg : args) {
            int equals = arg.indexOf('=');
            if (equals <= 0) {
                throw new IllegalArgumentException("'" + arg + "' (expected: name=value)");
            }
            options.values.put(arg.substring(0, equals), arg.substring(equals + 1));
        }
        return options;
    }

    String text(String name) {
        return Optional.ofNullable(values.get(name))
                .orElseThrow(() -> new IllegalArgumentException("missing option " + name));
    }

    int number(String name) {
        return toInt(name, text(name));
    }

    int number(String name, int otherwise) {
        return values.containsKey(name) ? number(name) : otherwise;
    }

    Duration millis(String name) {
        return Duration.ofMillis(number(name));
    }

    /// Process ids, separated by commas; none when the option is missing or empty.
    List<Long> pids(String name) {
        String text = values.getOrDefault(name, "");
        return text.isEmpty()
                ? List.of()
                : Arrays.stream(text.split(",")).map(Long::parseLong).toList();
    }

    private static int toInt(String name, String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + "=" + text + " (expected: a number)", e);
        }
    }
}
