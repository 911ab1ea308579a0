package dev.ambit.waypoint.http1;

/// How a cluster speaks HTTP/1.
///
/// @param enableTrailers whether trailers are passed on, both ways
/// @param allowChunkedLength whether a chunked response may have a `content-length`, which is then
///   dropped; else it is an error
/// @param headerCase of requests; with `PRESERVE` the spelling of responses is kept too
public record Http1ClientOptions(
        Http1Limits limits,
        boolean enableTrailers,
        boolean allowChunkedLength,
        HeaderCase headerCase) {

    /// Envoy's for response heads, octets.
    private static final int MAX_HEAD_BYTES = 80 << 10;

    public static Http1ClientOptions defaults() {
        var limits = Http1Limits.defaults();
        return new Http1ClientOptions(
                limits.with(MAX_HEAD_BYTES, limits.maxFields()), false, false, HeaderCase.LOWER);
    }
}
