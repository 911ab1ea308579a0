package dev.ambit.process.config;

import dev.ambit.process.ConfigFault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// The part of Istio's `ProxyConfig` that concerns a proxy of ours: `PROXY_CONFIG`, over the mesh
/// file's `defaultConfig`. Other keys are other proxies' business.
///
/// @param metadata `proxyMetadata`, without `ISTIO_META_`
/// @param all every key as it was written
public record ProxyConfig(
        Optional<String> discoveryAddress,
        OptionalInt adminPort,
        OptionalInt statsPort,
        OptionalInt concurrency,
        Map<String, String> metadata,
        Map<String, Object> all) {
    /// Relative to where the process was started, as the reference has it.
    public static final Path MESH_FILE = Path.of("./etc/istio/config/mesh");

    private static final String META = "ISTIO_META_";
    private static final ProxyConfig EMPTY =
            new ProxyConfig(
                    Optional.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    Map.of(),
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
                metadata,
                everything(map));
    }

    private static Map<String, Object> everything(Map<?, ?> map) {
        var all = new TreeMap<String, Object>();
        map.forEach((name, value) -> {
            if (value != null) {
                all.put(String.valueOf(name), value);
            }
        });
        return all;
    }

    private static String bare(String name) {
        return name.startsWith(META) ? name.substring(META.length()) : name;
    }

    /// @throws ConfigFault when it is there and no duration
    public Optional<Duration> duration(String key) {
        var value = all.get(key);
        if (value == null) {
            return Optional.empty();
        }
        return Optional.of(
                DurationText.parse(value.toString())
                        .orElseThrow(() ->
                                new ConfigFault(key, value.toString(), DurationText.EXPECTED)));
    }

    /// @throws ConfigFault when it is there and no port
    public OptionalInt port(String key) {
        return port("proxyConfig", key, all.get(key));
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
        var pairs = new TreeMap<>(metadata);
        pairs.putAll(over.metadata);
        var keys = new TreeMap<>(all);
        keys.putAll(over.all);
        return new ProxyConfig(
                over.discoveryAddress.or(() -> discoveryAddress),
                over.adminPort.isPresent() ? over.adminPort : adminPort,
                over.statsPort.isPresent() ? over.statsPort : statsPort,
                over.concurrency.isPresent() ? over.concurrency : concurrency,
                pairs,
                keys);
    }
}
