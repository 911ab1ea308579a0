package dev.ambit.waypoint.http;

/// A connection that requests are sent on, of either version, over any `Duplex`.
public interface ClientConnection {
    HttpVersion version();

    /// How many more exchanges it takes now: 0 or 1 with HTTP/1.
    int room();

    int active();

    /// Sends a head; only while there is room.
    ///
    /// @param bodyFollows false for a request that ends with its head
    ClientStream send(RequestHead head, boolean bodyFollows, ClientStream.Inlet inlet);

    /// No new exchanges; ends with the last one.
    void drain();

    /// At once.
    void close(StreamReset reason);

    /// Who owns it: a pool. On its loop.
    interface Owner {
        /// `room()` may have changed: an exchange ended, or the peer's settings came.
        void onRoom(ClientConnection connection);

        /// The peer takes no new exchanges; those in flight go on.
        void onDraining(ClientConnection connection);

        /// Last.
        void onClosed(ClientConnection connection, StreamReset reason);
    }
}
