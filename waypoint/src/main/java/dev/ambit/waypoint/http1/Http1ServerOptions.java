package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.Headers;
import java.time.Duration;
import java.util.function.Supplier;

/// How a listener speaks HTTP/1 (`Http1ProtocolOptions`, `HttpProtocolOptions` and some of
/// `HttpConnectionManager`).
///
/// @param scheme of requests that don't name one: `http`, or `https` where the listener has TLS
/// @param acceptHttp10 whether HTTP/1.0 is served; else it is answered 426
/// @param defaultHost of HTTP/1.0 requests without one; empty to answer those 400
/// @param allowAbsoluteUrl whether `GET http://a/b` means host `a` and path `/b`; else it is a path
/// @param allowCustomMethods whether methods are served that nobody has registered
/// @param allowChunkedLength whether a chunked request may have a `content-length`, which is then
///   dropped; else it is answered 400
/// @param enableTrailers whether trailers are passed on, both ways
/// @param proxy100Continue whether `expect: 100-continue` is passed on; else it is answered here
/// @param underscores what becomes of header names with one
/// @param headerCase of responses
/// @param headTimeout from the first byte of a head to its last, then 408; zero for none
/// @param answerFields what answers of the codec itself carry beyond their framing: `date`,
///   `server`
public record Http1ServerOptions(
        Http1Limits limits,
        String scheme,
        boolean acceptHttp10,
        String defaultHost,
        boolean allowAbsoluteUrl,
        boolean allowCustomMethods,
        boolean allowChunkedLength,
        boolean enableTrailers,
        boolean proxy100Continue,
        Underscores underscores,
        HeaderCase headerCase,
        Duration headTimeout,
        Supplier<Headers> answerFields) {

    public enum Underscores {
        ALLOW,
        /// 400.
        REJECT,
        DROP
    }

    /// Envoy's defaults.
    public static Http1ServerOptions defaults() {
        return new Http1ServerOptions(
                Http1Limits.defaults(),
                "http",
                false,
                "",
                true,
                false,
                false,
                false,
                false,
                Underscores.ALLOW,
                HeaderCase.LOWER,
                Duration.ZERO,
                Headers::new);
    }
}
