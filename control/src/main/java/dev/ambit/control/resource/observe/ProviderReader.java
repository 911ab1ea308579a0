package dev.ambit.control.resource.observe;

import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.observe.ExtensionProvider.Backend;
import dev.ambit.control.resource.observe.ExtensionProvider.DynatraceSampler;
import dev.ambit.control.resource.observe.ExtensionProvider.Enrichment;
import dev.ambit.control.resource.observe.ExtensionProvider.EnvoyExtAuthzGrpc;
import dev.ambit.control.resource.observe.ExtensionProvider.EnvoyExtAuthzHttp;
import dev.ambit.control.resource.observe.ExtensionProvider.EnvoyFileAccessLog;
import dev.ambit.control.resource.observe.ExtensionProvider.EnvoyHttpAls;
import dev.ambit.control.resource.observe.ExtensionProvider.EnvoyOtelAls;
import dev.ambit.control.resource.observe.ExtensionProvider.EnvoyTcpAls;
import dev.ambit.control.resource.observe.ExtensionProvider.GrpcReports;
import dev.ambit.control.resource.observe.ExtensionProvider.HttpReports;
import dev.ambit.control.resource.observe.ExtensionProvider.LogFormat;
import dev.ambit.control.resource.observe.ExtensionProvider.ReportHeader;
import dev.ambit.control.resource.observe.ExtensionProvider.RequestBody;
import dev.ambit.control.resource.observe.ExtensionProvider.TraceContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Reads `extensionProviders`. Strict: a misspelt field of an authorization service would be a
/// hole.
final class ProviderReader {
    private static final int PORT_MAX = 65_535;
    private static final int STATUS_LEAST = 100;
    private static final int STATUS_MOST = 599;
    private static final Pattern HOST =
            Pattern.compile(
                    "(\\*\\.)?[A-Za-z0-9_]([-A-Za-z0-9_.]{0,251}[A-Za-z0-9_.])?|[0-9a-fA-F:]+");

    /// Members of the oneof, with the name they have in YAML.
    private enum Kind {
        EXT_AUTHZ_HTTP("envoyExtAuthzHttp"),
        EXT_AUTHZ_GRPC("envoyExtAuthzGrpc"),
        ZIPKIN("zipkin"),
        LIGHTSTEP("lightstep"),
        DATADOG("datadog"),
        STACKDRIVER("stackdriver"),
        OPENCENSUS("opencensus"),
        SKYWALKING("skywalking"),
        OPENTELEMETRY("opentelemetry"),
        PROMETHEUS("prometheus"),
        FILE_LOG("envoyFileAccessLog"),
        HTTP_ALS("envoyHttpAls"),
        TCP_ALS("envoyTcpAls"),
        OTEL_ALS("envoyOtelAls"),
        SDS("sds");

        private final String yaml;

        Kind(String yaml) {
            this.yaml = yaml;
        }
    }

    private ProviderReader() {}

    static ExtensionProvider read(Fields entry) {
        var name = entry.required("name");
        var present = Arrays.stream(Kind.values()).filter(k -> entry.has(k.yaml)).toList();
        entry.noOthers();
        if (present.size() != 1) {
            var all = Arrays.stream(Kind.values()).map(k -> k.yaml);
            throw entry.bad(
                    "",
                    present.size()
                            + " kinds of provider in '"
                            + name
                            + "' (expected: exactly one of "
                            + all.collect(Collectors.joining(", "))
                            + ")");
        }
        var kind = present.getFirst();
        var fields = entry.child(kind.yaml).orElseThrow();
        var provider = provider(kind, name, fields);
        switch (kind) {
            // Their fields have no effect, or are too many to be named.
            case LIGHTSTEP, STACKDRIVER, OPENCENSUS -> {}
            case EXT_AUTHZ_HTTP,
                    EXT_AUTHZ_GRPC,
                    ZIPKIN,
                    DATADOG,
                    SKYWALKING,
                    OPENTELEMETRY,
                    PROMETHEUS,
                    FILE_LOG,
                    HTTP_ALS,
                    TCP_ALS,
                    OTEL_ALS,
                    SDS ->
                    fields.noOthers();
        }
        return provider;
    }

    private static ExtensionProvider provider(Kind kind, String name, Fields f) {
        return switch (kind) {
            case EXT_AUTHZ_HTTP -> http(name, f);
            case EXT_AUTHZ_GRPC ->
                    new EnvoyExtAuthzGrpc(
                            name,
                            backend(f),
                            f.span("timeout"),
                            f.bool("failOpen"),
                            f.bool("clearRouteCache"),
                            status(f),
                            body(f));
            case ZIPKIN ->
                    new ExtensionProvider.Zipkin(
                            name,
                            backend(f),
                            tagLength(f),
                            f.bool("enable64bitTraceId"),
                            f.text("path"),
                            f.choice("traceContextOption", TraceContext.class, TraceContext.USE_B3),
                            f.span("timeout"),
                            headers(f, "headers"));
            case LIGHTSTEP -> new ExtensionProvider.Lightstep(name, backend(f));
            case DATADOG -> new ExtensionProvider.Datadog(name, backend(f), tagLength(f));
            case STACKDRIVER -> new ExtensionProvider.Stackdriver(name);
            case OPENCENSUS -> new ExtensionProvider.OpenCensus(name, backend(f));
            case SKYWALKING ->
                    new ExtensionProvider.SkyWalking(name, backend(f), f.text("accessToken"));
            case OPENTELEMETRY -> openTelemetry(name, f);
            case PROMETHEUS -> new ExtensionProvider.Prometheus(name);
            case FILE_LOG ->
                    new EnvoyFileAccessLog(
                            name, f.text("path"), format(f, true), f.bool("omitEmptyValues"));
            case HTTP_ALS ->
                    new EnvoyHttpAls(
                            name,
                            backend(f),
                            f.text("logName"),
                            f.texts("filterStateObjectsToLog"),
                            f.texts("additionalRequestHeadersToLog"),
                            f.texts("additionalResponseHeadersToLog"),
                            f.texts("additionalResponseTrailersToLog"));
            case TCP_ALS ->
                    new EnvoyTcpAls(
                            name,
                            backend(f),
                            f.text("logName"),
                            f.texts("filterStateObjectsToLog"));
            case OTEL_ALS ->
                    new EnvoyOtelAls(name, backend(f), f.text("logName"), format(f, false));
            case SDS -> new ExtensionProvider.Sds(name, f.required("name"), backend(f));
        };
    }

    private static EnvoyExtAuthzHttp http(String name, Fields f) {
        var prefix = f.text("pathPrefix");
        if (!prefix.isEmpty() && !prefix.startsWith("/")) {
            throw f.bad("pathPrefix", "'" + prefix + "' (expected: a path that begins with /)");
        }
        // The old name of the field; the new one counts when both are there.
        var old = f.texts("includeHeadersInCheck");
        var included = f.texts("includeRequestHeadersInCheck");
        return new EnvoyExtAuthzHttp(
                name,
                backend(f),
                f.span("timeout"),
                prefix,
                f.bool("failOpen"),
                f.bool("clearRouteCache"),
                status(f),
                included.isEmpty() ? old : included,
                f.map("includeAdditionalHeadersInCheck"),
                body(f),
                f.texts("headersToUpstreamOnAllow"),
                f.texts("headersToDownstreamOnDeny"),
                f.texts("headersToDownstreamOnAllow"));
    }

    private static ExtensionProvider openTelemetry(String name, Fields f) {
        var resources = f.child("resourceDetectors");
        if (f.has("grpc") && f.has("http")) {
            throw f.bad("grpc", "set with http (expected: one of the two)");
        }
        var grpc = f.child("grpc");
        var made =
                new ExtensionProvider.OpenTelemetry(
                        name,
                        backend(f),
                        tagLength(f),
                        f.child("http").map(ProviderReader::reports),
                        grpc.map(g ->
                                new GrpcReports(g.span("timeout"), headers(g, "initialMetadata"))),
                        resources.map(r -> r.has("environment")).orElse(false),
                        resources.map(r -> r.has("dynatrace")).orElse(false),
                        f.choice(
                                "serviceAttributeEnrichment",
                                Enrichment.class,
                                Enrichment.ISTIO_CANONICAL),
                        f.child("dynatraceSampler").map(ProviderReader::sampler));
        grpc.ifPresent(Fields::noOthers);
        resources.ifPresent(Fields::noOthers);
        return made;
    }

    private static DynatraceSampler sampler(Fields f) {
        var service = f.child("httpService");
        var sampler =
                new DynatraceSampler(
                        f.required("tenant"),
                        f.integer("clusterId", Integer.MIN_VALUE, Integer.MAX_VALUE, 0),
                        f.integer("rootSpansPerMinute", 0, Integer.MAX_VALUE, 0),
                        service.map(ProviderReader::backend),
                        service.flatMap(s -> s.child("http")).map(ProviderReader::reports));
        service.ifPresent(Fields::noOthers);
        f.noOthers();
        return sampler;
    }

    private static HttpReports reports(Fields f) {
        var reports = new HttpReports(f.text("path"), f.span("timeout"), headers(f, "headers"));
        f.noOthers();
        return reports;
    }

    private static List<ReportHeader> headers(Fields f, String field) {
        var list = new ArrayList<ReportHeader>();
        for (var header : f.children(field)) {
            boolean environment = header.has("envName");
            if (environment && header.has("value")) {
                throw header.bad("value", "set with envName (expected: one of the two)");
            }
            list.add(
                    new ReportHeader(
                            header.required("name"),
                            environment ? header.text("envName") : header.text("value"),
                            environment));
            header.noOthers();
        }
        return list;
    }

    private static LogFormat format(Fields f, boolean one) {
        var format = f.child("logFormat");
        if (format.isEmpty()) {
            return LogFormat.NONE;
        }
        var fields = format.get();
        if (one && fields.has("text") && fields.has("labels")) {
            throw fields.bad("text", "set with labels (expected: one of the two)");
        }
        var read =
                new LogFormat(
                        fields.has("text") ? Optional.of(fields.text("text")) : Optional.empty(),
                        fields.struct("labels"));
        fields.noOthers();
        return read;
    }

    private static Optional<RequestBody> body(Fields f) {
        return f.child("includeRequestBodyInCheck")
                .map(b -> {
                    var body =
                            new RequestBody(
                                    b.integer("maxRequestBytes", 0, Integer.MAX_VALUE, 0),
                                    b.bool("allowPartialMessage"),
                                    b.bool("packAsBytes"));
                    b.noOthers();
                    return body;
                });
    }

    private static int tagLength(Fields f) {
        return f.integer("maxTagLength", 0, Integer.MAX_VALUE, 0);
    }

    private static String status(Fields f) {
        var text = f.text("statusOnError");
        boolean known =
                text.isEmpty()
                        || text.matches("[0-9]{3}")
                                && Integer.parseInt(text) >= STATUS_LEAST
                                && Integer.parseInt(text) <= STATUS_MOST;
        if (!known) {
            throw f.bad(
                    "statusOnError",
                    "'"
                            + text
                            + "' (expected: an HTTP status from "
                            + STATUS_LEAST
                            + " to "
                            + STATUS_MOST
                            + ")");
        }
        return text;
    }

    /// `host` or `namespace/host`.
    private static Backend backend(Fields f) {
        var service = f.required("service");
        int slash = service.indexOf('/');
        var host = service.substring(slash + 1);
        if (slash == 0 || !HOST.matcher(host).matches()) {
            throw f.bad(
                    "service", "'" + service + "' (expected: a host name, or namespace/host name)");
        }
        int port = f.integer("port", 1, PORT_MAX, 0);
        if (port == 0) {
            throw f.bad("port", "missing (expected: a number from 1 to " + PORT_MAX + ")");
        }
        return new Backend(slash < 0 ? "" : service.substring(0, slash), host, port);
    }
}
