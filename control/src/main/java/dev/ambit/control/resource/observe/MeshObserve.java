package dev.ambit.control.resource.observe;

import dev.ambit.control.resource.Fields;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The mesh configuration's part about telemetry, extension providers and proxies.
///
/// @param providers by name, those that every mesh has first
/// @param accessLogFile empty: no access log
/// @param accessLogFormat empty: the default one
/// @param listenerLog connections that no filter chain takes are logged too
/// @param statName `inboundClusterStatName`, a pattern; empty: the cluster's name
public record MeshObserve(
        Map<String, ExtensionProvider> providers,
        DefaultProviders defaultProviders,
        boolean tracing,
        String accessLogFile,
        String accessLogFormat,
        Encoding accessLogEncoding,
        boolean accessLogService,
        boolean listenerLog,
        ProxyDefaults proxy,
        Normalization normalization,
        String statName) {

    public MeshObserve {
        providers = Collections.unmodifiableMap(new LinkedHashMap<>(providers));
    }

    public enum Encoding {
        TEXT,
        JSON
    }

    /// What is done to a path before it is matched.
    public enum Normalization {
        DEFAULT,
        NONE,
        BASE,
        MERGE_SLASHES,
        DECODE_AND_MERGE_SLASHES
    }

    /// Names of providers that are used where no Telemetry names any.
    public record DefaultProviders(
            List<String> tracing, List<String> metrics, List<String> accessLogging) {
        public static final DefaultProviders NONE =
                new DefaultProviders(List.of(), List.of(), List.of());

        public DefaultProviders {
            tracing = List.copyOf(tracing);
            metrics = List.copyOf(metrics);
            accessLogging = List.copyOf(accessLogging);
        }
    }

    public static MeshObserve defaults() {
        return new MeshObserve(
                builtIn(),
                DefaultProviders.NONE,
                true,
                "",
                "",
                Encoding.TEXT,
                false,
                true,
                ProxyDefaults.NONE,
                Normalization.DEFAULT,
                "");
    }

    private static Map<String, ExtensionProvider> builtIn() {
        var map = new LinkedHashMap<String, ExtensionProvider>();
        map.put("prometheus", new ExtensionProvider.Prometheus("prometheus"));
        map.put("stackdriver", new ExtensionProvider.Stackdriver("stackdriver"));
        map.put(
                "envoy",
                new ExtensionProvider.EnvoyFileAccessLog(
                        "envoy", "/dev/stdout", ExtensionProvider.LogFormat.NONE, false));
        return map;
    }

    /// As istiod: case does not matter, and the first one counts.
    public Optional<ExtensionProvider> provider(String name) {
        var wanted = name.toLowerCase(Locale.ROOT);
        return providers.values().stream()
                .filter(p -> p.name().toLowerCase(Locale.ROOT).equals(wanted))
                .findFirst();
    }

    /// @param top the whole mesh configuration
    public static MeshObserve read(Fields top) {
        var absent = defaults();
        var providers = builtIn();
        var written = new HashSet<String>();
        for (var entry : top.children("extensionProviders")) {
            var provider = ProviderReader.read(entry);
            if (!written.add(provider.name())) {
                throw entry.bad("name", "'" + provider.name() + "' twice (expected: each once)");
            }
            providers.put(provider.name(), provider);
        }
        var defaults = top.child("defaultProviders");
        var normalization = top.child("pathNormalization");
        return new MeshObserve(
                providers,
                defaults.map(d ->
                                new DefaultProviders(
                                        d.texts("tracing"),
                                        d.texts("metrics"),
                                        d.texts("accessLogging")))
                        .orElse(DefaultProviders.NONE),
                top.flag("enableTracing").orElse(absent.tracing()),
                top.text("accessLogFile"),
                top.text("accessLogFormat"),
                top.choice("accessLogEncoding", Encoding.class, Encoding.TEXT),
                top.bool("enableEnvoyAccessLogService"),
                !top.bool("disableEnvoyListenerLog"),
                top.child("defaultConfig")
                        .map(ProxyDefaultsReader::read)
                        .orElse(ProxyDefaults.NONE),
                normalization
                        .map(n ->
                                n.choice(
                                        "normalization",
                                        Normalization.class,
                                        Normalization.DEFAULT))
                        .orElse(Normalization.DEFAULT),
                top.text("inboundClusterStatName"));
    }
}
