package dev.ambit.waypoint.xds.listener;

import com.google.protobuf.UInt32Value;
import dev.ambit.waypoint.model.HttpOptions;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/// `HttpConnectionManager`, without its filters and routes. What is not set has Envoy's default.
final class HttpOptionsCompiler {
    private static final String PRESERVE_CASE =
            "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig";
    private static final String UUID = "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig";
    private static final Duration STREAM_IDLE = Duration.ofMinutes(5);

    private HttpOptionsCompiler() {}

    static HttpOptions compile(CompileScope scope, HttpConnectionManager hcm) throws Refused {
        var usual = HttpOptions.DEFAULTS;
        var common = hcm.getCommonHttpProtocolOptions();
        if (hcm.getInternalAddressConfig().getUnixSockets()) {
            scope.skipped("internal_address_config.unix_sockets");
        }
        if (hcm.getOriginalIpDetectionExtensionsCount() > 0) {
            throw new Refused(
                    "original_ip_detection_extensions",
                    hcm.getOriginalIpDetectionExtensions(0).getName(),
                    "none: the caller's address is the tunnel's");
        }
        return new HttpOptions(
                codec(hcm),
                hcm.getServerName().isEmpty() ? "envoy" : hcm.getServerName(),
                serverHeader(hcm),
                hcm.getVia(),
                common.hasIdleTimeout() ? of(common.getIdleTimeout()) : usual.idleTimeout(),
                of(common.getMaxConnectionDuration()),
                hcm.hasDrainTimeout() ? of(hcm.getDrainTimeout()) : usual.drainTimeout(),
                hcm.hasStreamIdleTimeout() ? of(hcm.getStreamIdleTimeout()) : STREAM_IDLE,
                of(hcm.getRequestTimeout()),
                of(hcm.getRequestHeadersTimeout()),
                of(common.getMaxStreamDuration()),
                headerKilobytes(hcm) << 10,
                headers(common),
                common.getMaxRequestsPerConnection().getValue(),
                upgrades(hcm),
                requestId(scope, hcm),
                clientCert(hcm),
                hcm.getUseRemoteAddress().getValue(),
                hcm.getXffNumTrustedHops(),
                hcm.getAppendXForwardedPort(),
                hcm.getSkipXffAppend(),
                hcm.getNormalizePath().getValue(),
                hcm.getMergeSlashes(),
                escapedSlashes(hcm),
                hcm.getStripMatchingHostPort(),
                hcm.getStripAnyHostPort(),
                hcm.getStripTrailingHostDot(),
                underscores(common),
                hcm.getProxy100Continue(),
                suppressesEnvoyHeaders(hcm),
                http1(scope, hcm.getHttpProtocolOptions()),
                http2(hcm.getHttp2ProtocolOptions()),
                localReplies(scope, hcm),
                hcm.hasDelayedCloseTimeout()
                        ? of(hcm.getDelayedCloseTimeout())
                        : usual.delayedClose());
    }

    static Duration of(com.google.protobuf.Duration value) {
        return Duration.ofSeconds(value.getSeconds(), value.getNanos());
    }

    private static HttpOptions.Codec codec(HttpConnectionManager hcm) throws Refused {
        return switch (hcm.getCodecType()) {
            case AUTO -> HttpOptions.Codec.AUTO;
            case HTTP1 -> HttpOptions.Codec.HTTP_1;
            case HTTP2 -> HttpOptions.Codec.HTTP_2;
            default ->
                    throw new Refused(
                            "codec_type", hcm.getCodecType().name(), "AUTO, HTTP1 or HTTP2");
        };
    }

    private static HttpOptions.ServerHeader serverHeader(HttpConnectionManager hcm) throws Refused {
        return switch (hcm.getServerHeaderTransformation()) {
            case OVERWRITE -> HttpOptions.ServerHeader.OVERWRITE;
            case APPEND_IF_ABSENT -> HttpOptions.ServerHeader.APPEND_IF_ABSENT;
            case PASS_THROUGH -> HttpOptions.ServerHeader.PASS_THROUGH;
            case UNRECOGNIZED -> throw unknown("server_header_transformation");
        };
    }

    private static Refused unknown(String field) {
        return new Refused(field, "a number", "a value of the field's enum");
    }

    private static int headerKilobytes(HttpConnectionManager hcm) throws Refused {
        if (!hcm.hasMaxRequestHeadersKb()) {
            return HttpOptions.DEFAULTS.maxRequestHeadersBytes() >> 10;
        }
        return within("max_request_headers_kb", hcm.getMaxRequestHeadersKb(), 1, 8192);
    }

    private static int headers(HttpProtocolOptions common) throws Refused {
        return common.hasMaxHeadersCount()
                ? within(
                        "common_http_protocol_options.max_headers_count",
                        common.getMaxHeadersCount(),
                        1,
                        1 << 20)
                : HttpOptions.DEFAULTS.maxRequestHeaders();
    }

    private static int within(String field, UInt32Value value, int least, int most) throws Refused {
        long number = Integer.toUnsignedLong(value.getValue());
        if (number < least || number > most) {
            throw new Refused(field, Long.toString(number), least + " to " + most);
        }
        return (int) number;
    }

    /// CONNECT as an upgrade belongs to the front, and to applications that ask for it.
    private static Set<String> upgrades(HttpConnectionManager hcm) {
        var all = new HashSet<String>();
        for (var upgrade : hcm.getUpgradeConfigsList()) {
            if (!upgrade.hasEnabled() || upgrade.getEnabled().getValue()) {
                all.add(upgrade.getUpgradeType().toLowerCase(Locale.ROOT));
            }
        }
        return Set.copyOf(all);
    }

    private static HttpOptions.RequestId requestId(CompileScope scope, HttpConnectionManager hcm)
            throws Refused {
        boolean generate = !hcm.hasGenerateRequestId() || hcm.getGenerateRequestId().getValue();
        boolean pack = true;
        boolean sampling = true;
        if (hcm.getRequestIdExtension().hasTypedConfig()) {
            var config = hcm.getRequestIdExtension().getTypedConfig();
            var type = CompileScope.type(config);
            if (!type.equals(UUID)) {
                scope.skipped("request_id_extension " + type);
            } else {
                var uuid =
                        CompileScope.unpack(
                                "request_id_extension", config, UuidRequestIdConfig.parser());
                pack = !uuid.hasPackTraceReason() || uuid.getPackTraceReason().getValue();
                sampling =
                        !uuid.hasUseRequestIdForTraceSampling()
                                || uuid.getUseRequestIdForTraceSampling().getValue();
            }
        }
        return new HttpOptions.RequestId(
                generate,
                hcm.getPreserveExternalRequestId(),
                hcm.getAlwaysSetRequestIdInResponse(),
                pack,
                sampling);
    }

    private static HttpOptions.ForwardedClientCert clientCert(HttpConnectionManager hcm)
            throws Refused {
        return switch (hcm.getForwardClientCertDetails()) {
            case SANITIZE -> HttpOptions.ForwardedClientCert.SANITIZE;
            case FORWARD_ONLY -> HttpOptions.ForwardedClientCert.FORWARD_ONLY;
            case APPEND_FORWARD -> HttpOptions.ForwardedClientCert.APPEND_FORWARD;
            case SANITIZE_SET -> HttpOptions.ForwardedClientCert.SANITIZE_SET;
            case ALWAYS_FORWARD_ONLY -> HttpOptions.ForwardedClientCert.ALWAYS_FORWARD_ONLY;
            case UNRECOGNIZED -> throw unknown("forward_client_cert_details");
        };
    }

    private static HttpOptions.EscapedSlashes escapedSlashes(HttpConnectionManager hcm)
            throws Refused {
        return switch (hcm.getPathWithEscapedSlashesAction()) {
            case IMPLEMENTATION_SPECIFIC_DEFAULT, KEEP_UNCHANGED ->
                    HttpOptions.EscapedSlashes.KEEP_UNCHANGED;
            case REJECT_REQUEST -> HttpOptions.EscapedSlashes.REJECT;
            case UNESCAPE_AND_REDIRECT -> HttpOptions.EscapedSlashes.UNESCAPE_AND_REDIRECT;
            case UNESCAPE_AND_FORWARD -> HttpOptions.EscapedSlashes.UNESCAPE_AND_FORWARD;
            case UNRECOGNIZED -> throw unknown("path_with_escaped_slashes_action");
        };
    }

    private static HttpOptions.Underscores underscores(HttpProtocolOptions common) throws Refused {
        return switch (common.getHeadersWithUnderscoresAction()) {
            case ALLOW -> HttpOptions.Underscores.ALLOW;
            case REJECT_REQUEST -> HttpOptions.Underscores.REJECT;
            case DROP_HEADER -> HttpOptions.Underscores.DROP;
            case UNRECOGNIZED -> throw unknown("headers_with_underscores_action");
        };
    }

    /// The router says it, the last of the filters.
    private static boolean suppressesEnvoyHeaders(HttpConnectionManager hcm) throws Refused {
        for (var filter : hcm.getHttpFiltersList()) {
            if (CompileScope.type(filter.getTypedConfig()).equals(HttpFilters.ROUTER)) {
                return HttpFilters.router(filter).getSuppressEnvoyHeaders();
            }
        }
        return false;
    }

    private static HttpOptions.Http1 http1(CompileScope scope, Http1ProtocolOptions options) {
        var format = options.getHeaderKeyFormat();
        boolean preserve = false;
        if (format.hasStatefulFormatter()) {
            var type = CompileScope.type(format.getStatefulFormatter().getTypedConfig());
            preserve = type.equals(PRESERVE_CASE);
            if (!preserve) {
                scope.skipped("header_key_format " + type);
            }
        }
        return new HttpOptions.Http1(
                options.getAcceptHttp10(),
                options.getDefaultHostForHttp10(),
                preserve,
                format.hasProperCaseWords(),
                options.getEnableTrailers(),
                options.getAllowChunkedLength(),
                !options.hasAllowAbsoluteUrl() || options.getAllowAbsoluteUrl().getValue());
    }

    private static HttpOptions.Http2 http2(Http2ProtocolOptions options) throws Refused {
        var ping = options.getConnectionKeepalive();
        return new HttpOptions.Http2(
                optional(
                        "http2_protocol_options.max_concurrent_streams",
                        options.hasMaxConcurrentStreams(),
                        options.getMaxConcurrentStreams(),
                        1),
                optional(
                        "http2_protocol_options.initial_stream_window_size",
                        options.hasInitialStreamWindowSize(),
                        options.getInitialStreamWindowSize(),
                        65_535),
                optional(
                        "http2_protocol_options.initial_connection_window_size",
                        options.hasInitialConnectionWindowSize(),
                        options.getInitialConnectionWindowSize(),
                        65_535),
                options.getAllowConnect(),
                of(ping.getInterval()),
                of(ping.getTimeout()));
    }

    private static int optional(String field, boolean set, UInt32Value value, int least)
            throws Refused {
        return set ? within(field, value, least, Integer.MAX_VALUE) : 0;
    }

    private static HttpOptions.LocalReplies localReplies(
            CompileScope scope, HttpConnectionManager hcm) {
        if (hcm.hasLocalReplyConfig()) {
            scope.skipped("local_reply_config: answers of this proxy have their usual bodies");
        }
        return HttpOptions.LocalReplies.DEFAULTS;
    }
}
