package dev.ambit.waypoint.http;

/// An exchange from the client's side, made by `ClientConnection.send`.
public interface ClientStream extends HttpStream {
    /// What comes back.
    interface Inlet extends HttpStream.Inlet {
        /// A 1xx but 101.
        void onInformational(ResponseHead head);

        /// Once, before data. The end is always told by `onEnd`.
        ///
        /// @param bodyFollows false where the end is known to come next: no data, no trailers.
        ///   After a 101, or a 2xx to a CONNECT, true
        void onHead(ResponseHead head, boolean bodyFollows);
    }
}
