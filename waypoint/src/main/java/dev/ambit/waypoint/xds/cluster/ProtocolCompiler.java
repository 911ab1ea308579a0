package dev.ambit.waypoint.xds.cluster;

import static dev.ambit.waypoint.xds.cluster.Values.duration;

import dev.ambit.waypoint.pool.HttpClientConfig;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.time.Duration;

/// `HttpProtocolOptions`: which HTTP, and for how long a connection lives.
final class ProtocolCompiler {
    private static final String KEY = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

    /// Envoy's, when nothing is said.
    private static final Duration IDLE = Duration.ofHours(1);

    private static final int HEADERS = 100;
    private static final String CODEC = "envoy.extensions.filters.http.upstream_codec.v3";

    private static final String PRESERVE_CASE =
            "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig";

    private ProtocolCompiler() {}

    static HttpProtocolOptions options(Cluster from, CompileScope scope) throws Refused {
        var options = HttpProtocolOptions.getDefaultInstance();
        for (var entry : from.getTypedExtensionProtocolOptionsMap().entrySet()) {
            if (entry.getKey().equals(KEY)) {
                options =
                        CompileScope.unpack(
                                "typed_extension_protocol_options",
                                entry.getValue(),
                                HttpProtocolOptions.parser());
            } else {
                scope.skipped("typed_extension_protocol_options[" + entry.getKey() + "]");
            }
        }
        return options;
    }

    @SuppressWarnings("deprecation") // The older place of HTTP/2's options still counts in Envoy.
    static HttpClientConfig compile(HttpProtocolOptions from, Cluster cluster, CompileScope scope)
            throws Refused {
        for (var filter : from.getHttpFiltersList()) {
            if (!filter.getTypedConfig().getTypeUrl().contains(CODEC)) {
                throw new Refused(
                        "http_filters", filter.getName(), "no filters after the choice of a host");
            }
        }
        var http1 = Http1ProtocolOptions.getDefaultInstance();
        var http2 = Http2ProtocolOptions.getDefaultInstance();
        HttpClientConfig.Version version;
        switch (from.getUpstreamProtocolOptionsCase()) {
            case EXPLICIT_HTTP_CONFIG -> {
                var explicit = from.getExplicitHttpConfig();
                http1 = explicit.getHttpProtocolOptions();
                http2 = explicit.getHttp2ProtocolOptions();
                version =
                        switch (explicit.getProtocolConfigCase()) {
                            case HTTP_PROTOCOL_OPTIONS, PROTOCOLCONFIG_NOT_SET ->
                                    HttpClientConfig.Version.HTTP_1;
                            case HTTP2_PROTOCOL_OPTIONS -> HttpClientConfig.Version.HTTP_2;
                            case HTTP3_PROTOCOL_OPTIONS ->
                                    throw new Refused(
                                            "explicit_http_config",
                                            "http3_protocol_options",
                                            "HTTP/1.1 or HTTP/2");
                        };
            }
            case USE_DOWNSTREAM_PROTOCOL_CONFIG -> {
                http1 = from.getUseDownstreamProtocolConfig().getHttpProtocolOptions();
                http2 = from.getUseDownstreamProtocolConfig().getHttp2ProtocolOptions();
                version = HttpClientConfig.Version.DOWNSTREAM;
            }
            case AUTO_CONFIG -> {
                if (from.getAutoConfig().hasHttp3ProtocolOptions()) {
                    throw new Refused(
                            "auto_config", "http3_protocol_options", "HTTP/1.1 and HTTP/2");
                }
                http1 = from.getAutoConfig().getHttpProtocolOptions();
                http2 = from.getAutoConfig().getHttp2ProtocolOptions();
                version = HttpClientConfig.Version.AUTO;
            }
            case UPSTREAMPROTOCOLOPTIONS_NOT_SET -> {
                http1 = cluster.getHttpProtocolOptions();
                http2 = cluster.getHttp2ProtocolOptions();
                version =
                        cluster.hasHttp2ProtocolOptions()
                                ? HttpClientConfig.Version.HTTP_2
                                : HttpClientConfig.Version.HTTP_1;
            }
            default ->
                    throw new Refused(
                            "upstream_protocol_options",
                            from.getUpstreamProtocolOptionsCase().toString(),
                            "explicit, downstream's, or auto");
        }
        return config(from, version, http1, http2, scope);
    }

    private static HttpClientConfig config(
            HttpProtocolOptions from,
            HttpClientConfig.Version version,
            Http1ProtocolOptions http1,
            Http2ProtocolOptions http2,
            CompileScope scope)
            throws Refused {
        var common = from.getCommonHttpProtocolOptions();
        if (common.hasMaxStreamDuration()) {
            scope.skipped("common_http_protocol_options.max_stream_duration");
        }
        return new HttpClientConfig(
                version,
                duration("idle_timeout", common.hasIdleTimeout(), common.getIdleTimeout(), IDLE),
                duration(
                        "max_connection_duration",
                        common.hasMaxConnectionDuration(),
                        common.getMaxConnectionDuration(),
                        Duration.ZERO),
                Values.uint(
                        common.hasMaxRequestsPerConnection(),
                        common.getMaxRequestsPerConnection(),
                        0),
                Values.integer(
                        "max_concurrent_streams",
                        http2.hasMaxConcurrentStreams(),
                        http2.getMaxConcurrentStreams(),
                        0),
                Values.integer(
                        "initial_stream_window_size",
                        http2.hasInitialStreamWindowSize(),
                        http2.getInitialStreamWindowSize(),
                        0),
                Values.integer(
                        "initial_connection_window_size",
                        http2.hasInitialConnectionWindowSize(),
                        http2.getInitialConnectionWindowSize(),
                        0),
                duration("interval", http2.getConnectionKeepalive().getInterval()),
                duration("timeout", http2.getConnectionKeepalive().getTimeout()),
                preserveCase(http1),
                Values.integer(
                        "max_headers_count",
                        common.hasMaxHeadersCount(),
                        common.getMaxHeadersCount(),
                        HEADERS));
    }

    private static boolean preserveCase(Http1ProtocolOptions from) throws Refused {
        var format = from.getHeaderKeyFormat();
        return switch (format.getHeaderFormatCase()) {
            case HEADERFORMAT_NOT_SET -> false;
            case STATEFUL_FORMATTER -> {
                var type = CompileScope.type(format.getStatefulFormatter().getTypedConfig());
                if (!type.equals(PRESERVE_CASE)) {
                    throw new Refused("header_key_format.stateful_formatter", type, PRESERVE_CASE);
                }
                yield true;
            }
            case PROPER_CASE_WORDS ->
                    throw new Refused(
                            "header_key_format", "proper_case_words", "stateful_formatter");
        };
    }
}
