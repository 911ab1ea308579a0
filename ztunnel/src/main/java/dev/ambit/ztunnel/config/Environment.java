package dev.ambit.ztunnel.config;

import dev.ambit.ztunnel.ConfigFault;
import dev.ambit.ztunnel.ZtunnelConfig.HostPort;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Typed reading of environment variables. A variable that is set to the empty text is set: it is
/// not the same as unset but where a reader says so.
record Environment(Map<String, String> all) {
    Optional<String> text(Variable name) {
        return Optional.ofNullable(all.get(name.name()));
    }

    String text(Variable name, String fallback) {
        return text(name).orElse(fallback);
    }

    /// Empty counts as unset.
    Optional<String> filled(Variable name) {
        return text(name).filter(value -> !value.isEmpty());
    }

    /// Exactly `true` or `false`.
    Optional<Boolean> bool(Variable name) {
        return text(name)
                .map(value ->
                        switch (value) {
                            case "true" -> true;
                            case "false" -> false;
                            default -> throw fault(name, value, "true or false");
                        });
    }

    boolean bool(Variable name, boolean fallback) {
        return bool(name).orElse(fallback);
    }

    /// Anything but `true` is false: for the few variables that the reference reads this way.
    boolean isTrue(Variable name) {
        return text(name, "").equals("true");
    }

    int number(Variable name, int fallback, int least, int most) {
        return text(name).map(value -> number(name, value, least, most)).orElse(fallback);
    }

    static int number(Variable name, String text, int least, int most) {
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

    Optional<Duration> duration(Variable name) {
        return text(name)
                .map(value ->
                        DurationText.parse(value)
                                .orElseThrow(() -> fault(name, value, DurationText.EXPECTED)));
    }

    Duration duration(Variable name, Duration fallback) {
        return duration(name).orElse(fallback);
    }

    /// A length of time that must be one.
    Duration positive(Variable name, Duration fallback) {
        var value = duration(name, fallback);
        if (value.isZero()) {
            throw fault(name, text(name, "0"), "more than 0: " + DurationText.EXPECTED);
        }
        return value;
    }

    static HostPort hostPort(Variable name, String text) {
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
    Map<String, String> prefixed(Variable.Prefix prefix) {
        var found = new TreeMap<String, String>();
        all.forEach((name, value) -> {
            if (name.startsWith(prefix.name())) {
                found.put(name.substring(prefix.name().length()), value);
            }
        });
        return found;
    }

    /// Headers for calls: names are what HTTP/2 allows, in lower case; values are visible ASCII.
    Map<String, String> headers(Variable.Prefix prefix) {
        var headers = new TreeMap<String, String>();
        prefixed(prefix)
                .forEach((name, value) -> {
                    var key = name.toLowerCase(java.util.Locale.ROOT);
                    if (!key.matches("[0-9a-z_.-]+") || key.endsWith("-bin")) {
                        throw new ConfigFault(
                                prefix.name() + name,
                                name,
                                "a header name: letters, digits, '-', '_' and '.', not ending in -bin");
                    }
                    if (!value.matches("[\\x20-\\x7e]*")) {
                        throw new ConfigFault(
                                prefix.name() + name, value, "a value in visible ASCII");
                    }
                    headers.put(key, value);
                });
        return headers;
    }

    static ConfigFault fault(Variable name, String value, String expected) {
        return new ConfigFault(name.name(), value, expected);
    }
}
