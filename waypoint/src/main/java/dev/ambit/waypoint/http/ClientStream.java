package dev.ambit.waypoint.http;

/// An exchange from the client's side, made by `ClientConnection.send`.
public interface ClientStream extends HttpStream {
    /// What comes back.
    interface Inlet extends HttpStream.Inlet {
        /// A 1xx but 101.
        void onInformational(ResponseHead head);

        /// Once, before data. The end is always told by `onEnd`.
        void onHead(ResponseHead head);
    }
}
