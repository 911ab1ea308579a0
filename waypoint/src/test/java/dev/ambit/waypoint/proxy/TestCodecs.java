package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.http.ClientConnection;
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
import java.time.Duration;

/// The codecs with trailers and upgrades allowed.
final class TestCodecs {
    private TestCodecs() {}

    static ServerConnection server(
            HttpVersion version,
            Duplex bytes,
            HttpOptions options,
            ServerConnection.Handler handler) {
        if (version == HttpVersion.HTTP_2) {
            var http2 = new HttpOptions.Http2(0, 0, 0, true, Duration.ZERO, Duration.ZERO);
            return Http2ServerConnection.over(
                    bytes,
                    Http2Options.of(Options.with(options, "http2", http2)),
                    Http2Limits.defaults(),
                    handler);
        }
        var usual = Http1ServerOptions.defaults();
        return Http1ServerConnection.over(
                bytes,
                new Http1ServerOptions(
                        usual.limits(),
                        "http",
                        true,
                        "",
                        true,
                        false,
                        false,
                        true,
                        true,
                        usual.underscores(),
                        usual.headerCase(),
                        Duration.ZERO,
                        usual.answerFields()),
                handler);
    }

    static ClientConnection client(
            HttpVersion version, Duplex bytes, ClientConnection.Owner owner) {
        return version == HttpVersion.HTTP_2
                ? Http2ClientConnection.over(
                        bytes, Http2Options.defaults(), Http2Limits.defaults(), owner)
                : Http1ClientConnection.over(
                        bytes,
                        new Http1ClientOptions(
                                Http1Limits.defaults(), true, false, HeaderCase.LOWER),
                        owner);
    }
}
