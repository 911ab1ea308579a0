package dev.ambit.process.config;

import dev.ambit.process.ConfigFault;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Typed reading of environment variables. A variable that is set to the empty text is set: it is
/// not the same as unset but where a reader says so.
public record Environment(Map<String, String> all) {
    public Optional<String> text(Named name) {
        return Optional.ofNullable(all.get(name.name()));
    }

    public String text(Named name, String fallback) {
        return text(name).orElse(fallback);
    }

    /// Empty counts as unset.
    public Optional<String> filled(Named name) {
        return text(name).filter(value -> !value.isEmpty());
    }

    /// Exactly `true` or `false`.
    public Optional<Boolean> bool(Named name) {
        return text(name)
                .map(value ->
                        switch (value) {
                            case "true" -> true;
                            case "false" -> false;
                            default -> throw fault(name, value, "true or false");
                        });
    }

    public boolean bool(Named name, boolean fallback) {
        return bool(name).orElse(fallback);
    }

    /// Anything but `true` is false: for the few variables that the reference reads this way.
    public boolean isTrue(Named name) {
        return text(name, "").equals("true");
    }

    public int number(Named name, int fallback, int least, int most) {
        return text(name).map(value -> number(name, value, least, most)).orElse(fallback);
    }

    public static int number(Named name, String text, int least, int most) {
        try {
            int value = Integer.parseInt(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException notANumber) {
            // Reported below, with the range.
        }
        throw fault(name, text, "a whole number from " + least + " to " + most);
    }

    public Optional<Duration> duration(Named name) {
        return text(name)
                .map(value ->
                        DurationText.parse(value)
                                .orElseThrow(() -> fault(name, value, DurationText.EXPECTED)));
    }

    public Duration duration(Named name, Duration fallback) {
        return duration(name).orElse(fallback);
    }

    /// A length of time that must be one.
    public Duration positive(Named name, Duration fallback) {
        var value = duration(name, fallback);
        if (value.isZero()) {
            throw fault(name, text(name, "0"), "more than 0: " + DurationText.EXPECTED);
        }
        return value;
    }

    public static HostPort hostPort(Named name, String text) {
        var bare = text.startsWith("https://") ? text.substring("https://".length()) : text;
        if (bare.endsWith("/")) {
            bare = bare.substring(0, bare.length() - 1);
        }
        int colon = bare.lastIndexOf(':');
        if (bare.contains("://") || bare.contains("/") || colon < 1) {
            throw fault(name, text, "https://host:port; without TLS there is no connection");
        }
        var host = bare.substring(0, colon).replaceAll("^\\[|]$", "");
        return new HostPort(host, number(name, bare.substring(colon + 1), 1, 65_535));
    }

    /// What the variables with this prefix say, by the rest of their names.
    public Map<String, String> prefixed(Named prefix) {
        var found = new TreeMap<String, String>();
        all.forEach((name, value) -> {
            if (name.startsWith(prefix.name())) {
                found.put(name.substring(prefix.name().length()), value);
            }
        });
        return found;
    }

    /// Headers for calls: names are what HTTP/2 allows, in lower case; values are visible ASCII.
    public Map<String, String> headers(Named prefix) {
        var headers = new TreeMap<String, String>();
        prefixed(prefix)
                .forEach((name, value) -> {
                    var key = name.toLowerCase(java.util.Locale.ROOT);
                    if (!key.matches("[0-9a-z_.-]+") || key.endsWith("-bin")) {
                        throw new ConfigFault(
                                prefix.name() + name,
                                name,
                                "a header name: letters, digits, '-', '_' and '.', not ending in"
                                        + " -bin");
                    }
                    if (!value.matches("[\\x20-\\x7e]*")) {
                        throw new ConfigFault(
                                prefix.name() + name, value, "a value in visible ASCII");
                    }
                    headers.put(key, value);
                });
        return headers;
    }

    public static ConfigFault fault(Named name, String value, String expected) {
        return new ConfigFault(name.name(), value, expected);
    }
}
