package dev.ambit.e2e.envoy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The addresses and port numbers that stand in a directory of manifests: whoever they belong to,
/// in the test there is somebody.
record InputFacts(Set<String> addresses, Set<Integer> ports) {
    private static final Pattern ADDRESS =
            Pattern.compile("(?<![\\d./])(\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3})(?![\\d./])");
    private static final Pattern PORT = Pattern.compile(": *['\"]?(\\d{2,5})['\"]?\\s*[,}\\n]");
    private static final int PORT_MAX = 65_535;
    private static final int HBONE = 15_008;

    static InputFacts of(Path directory) throws IOException {
        var addresses = new TreeSet<String>();
        var ports = new TreeSet<Integer>();
        try (var files = Files.walk(directory)) {
            for (var file : files.filter(f -> f.toString().endsWith(".yaml")).toList()) {
                var text = Files.readString(file);
                ADDRESS.matcher(text).results().map(m -> m.group(1)).forEach(addresses::add);
                PORT.matcher(text)
                        .results()
                        .map(m -> Integer.parseInt(m.group(1)))
                        .forEach(ports::add);
            }
        }
        addresses.removeIf(a -> a.startsWith("0.") || a.startsWith("127."));
        ports.removeIf(p -> p > PORT_MAX || p == HBONE);
        return new InputFacts(addresses, ports);
    }
}
