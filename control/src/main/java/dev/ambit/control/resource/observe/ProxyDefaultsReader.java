package dev.ambit.control.resource.observe;

import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.observe.ProxyDefaults.Connections;
import dev.ambit.control.resource.observe.ProxyDefaults.DatadogTracer;
import dev.ambit.control.resource.observe.ProxyDefaults.EscapedSlashes;
import dev.ambit.control.resource.observe.ProxyDefaults.ForwardClientCert;
import dev.ambit.control.resource.observe.ProxyDefaults.GoneTracer;
import dev.ambit.control.resource.observe.ProxyDefaults.Headers;
import dev.ambit.control.resource.observe.ProxyDefaults.Tag;
import dev.ambit.control.resource.observe.ProxyDefaults.Tracer;
import dev.ambit.control.resource.observe.ProxyDefaults.Tracing;
import dev.ambit.control.resource.observe.ProxyDefaults.Underscores;
import dev.ambit.control.resource.observe.ProxyDefaults.ZipkinTracer;
import java.util.LinkedHashMap;
import java.util.Optional;

/// Reads ProxyConfig, of which most fields concern the proxy's start and not what it is sent.
public final class ProxyDefaultsReader {
    private static final double PERCENT_MAX = 100;

    private ProxyDefaultsReader() {}

    public static ProxyDefaults read(Fields f) {
        return new ProxyDefaults(
                f.child("proxyHeaders").map(ProxyDefaultsReader::headers).orElse(Headers.NONE),
                f.child("tracing").map(ProxyDefaultsReader::tracing),
                f.child("connectionSettings")
                        .map(ProxyDefaultsReader::connections)
                        .orElse(Connections.NONE));
    }

    private static Headers headers(Fields f) {
        return new Headers(
                f.choice(
                        "forwardedClientCert",
                        ForwardClientCert.class,
                        ForwardClientCert.UNDEFINED),
                flag(f, "requestId", "disabled"),
                flag(f, "server", "disabled"),
                f.child("server").map(s -> s.text("value")).orElse(""),
                flag(f, "attemptCount", "disabled"),
                flag(f, "envoyDebugHeaders", "disabled"),
                f.flag("preserveHttp1HeaderCase"),
                flag(f, "xForwardedHost", "enabled"),
                flag(f, "xForwardedPort", "enabled"));
    }

    private static Optional<Boolean> flag(Fields f, String of, String name) {
        return f.child(of).flatMap(c -> c.flag(name));
    }

    private static Tracing tracing(Fields f) {
        var tags = new LinkedHashMap<String, Tag>();
        var written = f.child("customTags");
        if (written.isPresent()) {
            for (var name : written.get().names()) {
                written.get().child(name).ifPresent(t -> tags.put(name, TagReader.read(t)));
            }
        }
        return new Tracing(
                tracer(f),
                tags,
                f.integer("maxPathTagLength", 0, Integer.MAX_VALUE, 0),
                f.decimal("sampling", 0, PERCENT_MAX),
                f.flag("enableIstioTags"));
    }

    private static Optional<Tracer> tracer(Fields f) {
        var zipkin = f.child("zipkin");
        if (zipkin.isPresent()) {
            return Optional.of(new ZipkinTracer(zipkin.get().text("address")));
        }
        var datadog = f.child("datadog");
        if (datadog.isPresent()) {
            return Optional.of(new DatadogTracer(datadog.get().text("address")));
        }
        return ProxyDefaults.GONE.stream()
                .filter(f::has)
                .findFirst()
                .map(name -> new GoneTracer(name));
    }

    private static Connections connections(Fields f) {
        return new Connections(
                f.span("httpIdleTimeout"),
                f.span("httpMaxConnectionDuration"),
                f.span("httpDrainTimeout"),
                f.span("httpRequestTimeout"),
                f.span("httpRequestHeadersTimeout"),
                f.span("httpStreamIdleTimeout"),
                f.span("httpMaxStreamDuration"),
                size(f, "httpMaxConcurrentStreams"),
                size(f, "http2InitialStreamWindowSize"),
                size(f, "http2InitialConnectionWindowSize"),
                f.choice(
                        "httpHeadersWithUnderscoresAction",
                        Underscores.class,
                        Underscores.HEADERS_WITH_UNDERSCORES_UNSPECIFIED),
                f.flag("httpMergeSlashes"),
                f.choice(
                        "httpPathWithEscapedSlashesAction",
                        EscapedSlashes.class,
                        EscapedSlashes.PATH_WITH_ESCAPED_SLASHES_UNSPECIFIED));
    }

    private static Optional<Integer> size(Fields f, String name) {
        return f.whole(name, 0, Integer.MAX_VALUE);
    }
}
