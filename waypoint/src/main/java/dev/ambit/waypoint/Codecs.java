package dev.ambit.waypoint;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.http1.HeaderCase;
import dev.ambit.waypoint.http1.Http1ClientConnection;
import dev.ambit.waypoint.http1.Http1ClientOptions;
import dev.ambit.waypoint.http1.Http1Limits;
import dev.ambit.waypoint.http1.Http1ServerConnection;
import dev.ambit.waypoint.http1.Http1ServerOptions;
import dev.ambit.waypoint.http2.Http2ClientConnection;
import dev.ambit.waypoint.http2.Http2Limits;
import dev.ambit.waypoint.http2.Http2Options;
import dev.ambit.waypoint.http2.Http2ServerConnection;
import dev.ambit.waypoint.model.HttpOptions;
import dev.ambit.waypoint.pool.HttpClientConfig;
import dev.ambit.waypoint.pool.HttpConnections;
import dev.ambit.waypoint.proxy.HttpDate;
import dev.ambit.waypoint.proxy.ServerCodecs;
import java.util.function.LongSupplier;

/// HTTP/1 and HTTP/2, as chains and clusters ask for them.
final class Codecs implements ServerCodecs, HttpConnections {
    private final LongSupplier micros;

    /// @param micros of the wall clock since the epoch
    Codecs(LongSupplier micros) {
        this.micros = micros;
    }

    @Override
    public ServerConnection open(
            HttpVersion version,
            Duplex bytes,
            HttpOptions options,
            ServerConnection.Handler handler) {
        return switch (version) {
            case HTTP_2 ->
                    Http2ServerConnection.over(
                            bytes, Http2Options.of(options), Http2Limits.of(options), handler);
            case HTTP_1_1, HTTP_1_0 -> Http1ServerConnection.over(bytes, http1(options), handler);
        };
    }

    private Http1ServerOptions http1(HttpOptions options) {
        var http1 = options.http1();
        return new Http1ServerOptions(
                Http1Limits.defaults()
                        .with(options.maxRequestHeadersBytes(), options.maxRequestHeaders()),
                "http",
                http1.acceptHttp10(),
                http1.defaultHost(),
                http1.allowAbsoluteUrl(),
                false,
                http1.allowChunkedLength(),
                http1.enableTrailers(),
                options.proxy100Continue(),
                switch (options.underscores()) {
                    case ALLOW -> Http1ServerOptions.Underscores.ALLOW;
                    case REJECT -> Http1ServerOptions.Underscores.REJECT;
                    case DROP -> Http1ServerOptions.Underscores.DROP;
                },
                headerCase(http1.preserveCase(), http1.properCase()),
                options.requestHeadersTimeout(),
                () -> answerFields(options));
    }

    private static HeaderCase headerCase(boolean preserve, boolean proper) {
        if (preserve) {
            return HeaderCase.PRESERVE;
        }
        return proper ? HeaderCase.PROPER : HeaderCase.LOWER;
    }

    /// Of answers that a codec makes by itself: rare.
    private Headers answerFields(HttpOptions options) {
        var fields = new Headers();
        fields.set("date", new HttpDate(micros).now());
        fields.set("server", options.serverName());
        return fields;
    }

    @Override
    public ClientConnection open(
            HttpVersion version,
            Duplex bytes,
            HttpClientConfig config,
            ClientConnection.Owner owner) {
        if (version == HttpVersion.HTTP_2) {
            return Http2ClientConnection.over(
                    bytes, Http2Options.of(config), Http2Limits.defaults(), owner);
        }
        var usual = Http1ClientOptions.defaults().limits();
        return Http1ClientConnection.over(
                bytes,
                new Http1ClientOptions(
                        config.maxResponseHeaders() > 0
                                ? usual.with(usual.maxHeadBytes(), config.maxResponseHeaders())
                                : usual,
                        false,
                        false,
                        headerCase(config.preserveCase(), false)),
                owner);
    }
}
