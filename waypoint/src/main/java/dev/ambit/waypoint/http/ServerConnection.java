package dev.ambit.waypoint.http;

/// A connection on which requests come, of either version, over any `Duplex`.
public interface ServerConnection {
    HttpVersion version();

    /// Graceful: GOAWAY, or `connection: close` with the next response; ends when nothing is in
    /// flight.
    void drain();

    /// At once.
    void close(StreamReset reason);

    /// Exchanges in flight.
    int active();

    /// Who takes requests. On the connection's loop.
    interface Handler {
        /// A request's head has come; what is returned receives the rest. The end of a request
        /// without a body is told by `onEnd` too.
        ///
        /// @param bodyFollows false where the end is known to come next: no data, no trailers. Of a
        ///   request that upgrades, or a CONNECT, true
        HttpStream.Inlet onRequest(ServerStream stream, RequestHead head, boolean bodyFollows);

        /// A request so broken that there is no head to judge: the codec answers it itself.
        void onRejected(Rejected rejected);

        /// Last.
        void onClosed();
    }

    /// @param status what the codec answers: 400, 431, ..; 0 where it can only end the connection
    /// @param details Envoy's words, as `http1.codec_error`
    /// @param cause value, expectation and likely cause, for the log
    record Rejected(HttpVersion version, int status, String details, String cause) {}
}
