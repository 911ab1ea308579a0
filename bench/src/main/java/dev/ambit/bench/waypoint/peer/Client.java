package dev.ambit.bench.waypoint.peer;

/// One connection's requests.
interface Client {
    /// Told of each answer, on the loop.
    interface Answers {
        /// @param client has room for another request
        /// @param due as it was sent with
        void onAnswer(Client client, long due, boolean success);

        /// Requests under way are lost.
        void onLost(Client client);
    }

    /// @param due the moment the request was meant to leave, nanoseconds
    void send(long due);

    void flush();

    boolean hasRoom();
}
