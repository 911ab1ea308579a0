package dev.ambit.process.config;

import dev.ambit.process.ConfigFault;

import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/// The part of Istio's `ProxyConfig` that concerns a proxy of ours: `PROXY_CONFIG`, over the mesh
/// file's `defaultConfig`. Other keys are other proxies' business.
public record ProxyConfig(
        Optional<String> discoveryAddress,
        OptionalInt adminPort,
        OptionalInt statsPort,
        OptionalInt concurrency,
        Map<String, String> metadata) {
    /// Relative to where the process was started, as the reference has it.
    public static final Path MESH_FILE = Path.of("./etc/istio/config/mesh");

    private static final String META = "ISTIO_META_";
    private static final ProxyConfig EMPTY =
            new ProxyConfig(
                    Optional.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    Map.of());

    /// @param variable holds the configuration itself
    /// @param meshFile may be missing
    public static ProxyConfig read(Environment env, Named variable, Path meshFile) {
        var result = EMPTY;
        var mesh = file(meshFile);
        if (mesh.isPresent()) {
            var document = document(meshFile.toString(), mesh.get());
            if (document.get("defaultConfig") instanceof Map<?, ?> defaults) {
                result = result.with(of(meshFile.toString(), defaults));
            }
        }
        var said = env.filled(variable);
        if (said.isPresent()) {
            var name = variable.name();
            result = result.with(of(name, document(name, said.get())));
        }
        return result;
    }

    private static Optional<String> file(Path path) {
        try {
            return Optional.of(Files.readString(path, StandardCharsets.UTF_8));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (IOException unreadable) {
            throw new ConfigFault(path.toString(), unreadable.toString(), "a readable file");
        }
    }

    private static Map<?, ?> document(String where, String text) {
        try {
            var loaded =
                    new Load(LoadSettings.builder().setLabel(where).build()).loadFromString(text);
            return switch (loaded) {
                case null -> Map.of();
                case Map<?, ?> map -> map;
                default -> throw new ConfigFault(where, text, "a YAML or JSON object");
            };
        } catch (YamlEngineException broken) {
            throw new ConfigFault(
                    where,
                    text,
                    "YAML or JSON; " + String.valueOf(broken.getMessage()).replace('\n', ' '));
        }
    }

    private static ProxyConfig of(String where, Map<?, ?> map) {
        var metadata = new TreeMap<String, String>();
        switch (map.get("proxyMetadata")) {
            case null -> {}
            case Map<?, ?> pairs ->
                    pairs.forEach((name, value) ->
                            metadata.put(bare(String.valueOf(name)), String.valueOf(value)));
            case Object other ->
                    throw new ConfigFault(
                            where + ".proxyMetadata", other.toString(), "names and texts");
        }
        var address = map.get("discoveryAddress");
        return new ProxyConfig(
                Optional.ofNullable(address).map(Object::toString),
                port(where, "proxyAdminPort", map.get("proxyAdminPort")),
                port(where, "statsPort", map.get("statsPort")),
                number(where, "concurrency", map.get("concurrency"), 0, 1024),
                metadata);
    }

    private static String bare(String name) {
        return name.startsWith(META) ? name.substring(META.length()) : name;
    }

    private static OptionalInt port(String where, String key, @Nullable Object value) {
        return number(where, key, value, 1, 65_535);
    }

    private static OptionalInt number(
            String where, String key, @Nullable Object value, int least, int most) {
        return switch (value) {
            case null -> OptionalInt.empty();
            case Integer number when number >= least && number <= most -> OptionalInt.of(number);
            default ->
                    throw new ConfigFault(
                            where + "." + key,
                            value.toString(),
                            "a whole number from " + least + " to " + most);
        };
    }

    /// What `over` says wins, key by key.
    private ProxyConfig with(ProxyConfig over) {
        var all = new TreeMap<>(metadata);
        all.putAll(over.metadata);
        return new ProxyConfig(
                over.discoveryAddress.or(() -> discoveryAddress),
                over.adminPort.isPresent() ? over.adminPort : adminPort,
                over.statsPort.isPresent() ? over.statsPort : statsPort,
                over.concurrency.isPresent() ? over.concurrency : concurrency,
                all);
    }
}
