package dev.ambit.waypoint.http;

/// An exchange from the server's side. Its inlet is given when the request is taken, see
/// `ServerConnection.Handler`.
public interface ServerStream extends HttpStream {
    /// Sends an interim response (1xx but 101) at once.
    void informational(ResponseHead head);

    /// Sends the response's head, once. After a 101, or a 2xx to a CONNECT, bytes follow raw. The
    /// codec frames the body: it sets, or removes, `transfer-encoding`, `connection` and
    /// `keep-alive` itself and leaves a `content-length` that is there.
    ///
    /// @param bodyFollows false for a response that ends with its head
    void respond(ResponseHead head, boolean bodyFollows);
}
