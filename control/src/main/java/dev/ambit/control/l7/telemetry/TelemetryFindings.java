package dev.ambit.control.l7.telemetry;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.Finding.Level;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Origin;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.observe.ExtensionProvider;
import dev.ambit.control.resource.observe.MeshObserve;
import dev.ambit.control.resource.observe.MeshObserve.Encoding;
import dev.ambit.control.resource.observe.ProxyConfig;
import dev.ambit.control.resource.observe.Telemetry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// What of Telemetries, and of the mesh's own telemetry, has no effect.
public final class TelemetryFindings {
    private static final String MESH_FILE = "meshconfig.yaml";

    private final L7Model model;
    private final MeshObserve mesh;
    private final List<Finding> findings = new ArrayList<>();

    /// What a provider is named for.
    private enum Use {
        TRACING("takes no spans", "zipkin, datadog, skywalking or opentelemetry"),
        METRICS("takes no metrics", "prometheus"),
        LOGS(
                "writes no access log",
                "envoyFileAccessLog, envoyHttpAls, envoyTcpAls or envoyOtelAls");

        private final String unfit;
        private final String fit;

        Use(String unfit, String fit) {
            this.unfit = unfit;
            this.fit = fit;
        }
    }

    /// Who says something, and where.
    private record At(Resource.Key resource, Meta meta, String field) {
        At field(String other) {
            return new At(resource, meta, other);
        }
    }

    private TelemetryFindings(L7Model model) {
        this.model = model;
        this.mesh = model.input().mesh().observe();
    }

    public static List<Finding> of(L7Model model) {
        var all = new TelemetryFindings(model);
        all.ofMesh();
        var wide = new HashMap<String, Telemetry>();
        for (var telemetry : model.input().all(Telemetry.class)) {
            all.of(telemetry, wide);
        }
        for (var config : model.input().all(ProxyConfig.class)) {
            all.add(
                    Level.INFO,
                    "proxyconfig-not-sent",
                    at(config),
                    "has no effect on running proxies: it is read when their pods are made",
                    "make the pods of the waypoints anew after a change");
        }
        return List.copyOf(all.findings);
    }

    private static At at(Resource resource) {
        return new At(resource.key(), resource.meta(), "");
    }

    private void ofMesh() {
        var meta =
                new Meta(
                        "",
                        MESH_FILE,
                        "",
                        Map.of(),
                        Map.of(),
                        Optional.empty(),
                        false,
                        Optional.empty(),
                        false,
                        new Origin(MESH_FILE, 0));
        var at = new At(new Resource.Key("MeshConfig", "", MESH_FILE), meta, "");
        var defaults = mesh.defaultProviders();
        providers(defaults.tracing(), Use.TRACING, at.field("defaultProviders.tracing"));
        providers(defaults.metrics(), Use.METRICS, at.field("defaultProviders.metrics"));
        providers(defaults.accessLogging(), Use.LOGS, at.field("defaultProviders.accessLogging"));
        boolean unread =
                mesh.accessLogEncoding() == Encoding.JSON
                        && !mesh.accessLogFormat().isBlank()
                        && LogFormats.parsed(mesh).isEmpty();
        if (unread) {
            add(
                    Level.WARNING,
                    "access-log-format-not-json",
                    at.field("accessLogFormat"),
                    "is not JSON, though accessLogEncoding is: the default format is used",
                    "write a JSON object whose values are texts, or use accessLogEncoding: TEXT");
        }
        if (mesh.accessLogService()) {
            add(
                    Level.INFO,
                    "access-log-service-of-bootstrap",
                    at.field("enableEnvoyAccessLogService"),
                    "sends logs to the cluster envoy_accesslog_service, which only a proxy's own"
                            + " start configuration can have",
                    "use an extension provider envoyHttpAls or envoyTcpAls instead");
        }
    }

    private void of(Telemetry telemetry, Map<String, Telemetry> wide) {
        var at = at(telemetry);
        var namespace = telemetry.meta().namespace();
        if (telemetry.namespaceWide()) {
            var first = wide.putIfAbsent(namespace, telemetry);
            if (first != null) {
                add(
                        Level.WARNING,
                        "telemetry-shadowed",
                        at,
                        "has no effect: "
                                + first.meta().path()
                                + " is older, and one Telemetry counts per namespace",
                        "put both into one, or use targetRefs");
            }
        } else if (telemetry.targets().isEmpty()) {
            add(
                    Level.WARNING,
                    "telemetry-selector",
                    at.field("selector"),
                    "has no effect: a selector never means a waypoint",
                    "use targetRefs that name the Service or the waypoint's Gateway");
        }
        for (var tracing : telemetry.tracing()) {
            var field = at.field("tracing.providers");
            providers(tracing.providers(), Use.TRACING, field);
            several(tracing.providers(), field);
            client(tracing.mode(), at.field("tracing.match.mode"));
        }
        for (var metrics : telemetry.metrics()) {
            providers(metrics.providers(), Use.METRICS, at.field("metrics.providers"));
            for (var override : metrics.overrides()) {
                client(override.mode(), at.field("metrics.overrides.match.mode"));
            }
        }
        for (var logging : telemetry.accessLogging()) {
            providers(logging.providers(), Use.LOGS, at.field("accessLogging.providers"));
            client(logging.mode(), at.field("accessLogging.match.mode"));
        }
    }

    private void client(Telemetry.Mode mode, At at) {
        if (!mode.server()) {
            add(
                    Level.WARNING,
                    "telemetry-for-clients",
                    at,
                    "'CLIENT' has no effect: a waypoint counts as a server",
                    "use SERVER, or leave it out");
        }
    }

    private void several(List<String> names, At at) {
        if (names.size() > 1) {
            add(
                    Level.WARNING,
                    "telemetry-several-tracers",
                    at,
                    "only '" + names.getFirst() + "' is used: spans go to one provider",
                    "name one");
        }
    }

    private void providers(List<String> names, Use use, At at) {
        for (var name : names) {
            var provider = mesh.provider(name);
            if (provider.isEmpty()) {
                add(
                        Level.WARNING,
                        "telemetry-unknown-provider",
                        at,
                        "'" + name + "' is not in extensionProviders: nothing is reported to it",
                        "add it to extensionProviders, or name one of "
                                + String.join(", ", mesh.providers().keySet()));
            } else if (!fits(provider.get(), use)) {
                add(
                        Level.WARNING,
                        "telemetry-unfit-provider",
                        at,
                        "'" + name + "' " + use.unfit,
                        "name a provider of kind " + use.fit);
            } else {
                backend(name, provider.get(), at);
            }
        }
    }

    private void backend(String name, ExtensionProvider provider, At at) {
        var backend = provider.backend();
        if (backend.isEmpty() || Collector.find(model.registry(), backend.get()).isPresent()) {
            return;
        }
        var host = backend.get().host();
        var namespaces =
                model.registry().named(host).stream().map(s -> s.namespace()).distinct().toList();
        boolean ambiguous = backend.get().namespace().isEmpty() && namespaces.size() > 1;
        add(
                Level.WARNING,
                "provider-without-service",
                at,
                "'"
                        + name
                        + "' calls "
                        + host
                        + (ambiguous
                                ? ", which is in namespaces " + String.join(", ", namespaces)
                                : ", which is no service of the mesh")
                        + ": nothing is reported to it",
                ambiguous
                        ? "write the provider's service as NAMESPACE/" + host
                        : "correct the provider's service, or add it as a ServiceEntry");
    }

    private static boolean fits(ExtensionProvider provider, Use use) {
        Stream<Class<? extends ExtensionProvider>> kinds =
                switch (use) {
                    case TRACING ->
                            Stream.of(
                                    ExtensionProvider.Zipkin.class,
                                    ExtensionProvider.Datadog.class,
                                    ExtensionProvider.SkyWalking.class,
                                    ExtensionProvider.OpenTelemetry.class);
                    case METRICS -> Stream.of(ExtensionProvider.Prometheus.class);
                    case LOGS ->
                            Stream.of(
                                    ExtensionProvider.EnvoyFileAccessLog.class,
                                    ExtensionProvider.EnvoyHttpAls.class,
                                    ExtensionProvider.EnvoyTcpAls.class,
                                    ExtensionProvider.EnvoyOtelAls.class);
                };
        return kinds.anyMatch(k -> k.isInstance(provider));
    }

    private void add(Level level, String code, At at, String message, String fix) {
        findings.add(new Finding(level, code, at.resource(), at.meta(), at.field(), message, fix));
    }
}
