package dev.ambit.ztunnel.dns;

import java.time.Duration;

/// What the DNS proxy of one pod may hold at most, and how long it waits. It keeps no cache: what
/// the mesh knows is in memory anyway, and what others answer is theirs to keep.
///
/// @param outstandingQueries of a pod that wait for an answer; those beyond get SERVFAIL at once
/// @param tcpConnections of a pod that are open; those beyond are closed at once
/// @param tcpIdle without a byte and without a query that waits, until a connection is closed
/// @param tcpPendingBytes of answers that a connection's client has not taken; beyond, it is closed
/// @param messageBytes of a message, over UDP and TCP: all that the length field can say
/// @param udpAnswerBytes of an answer of our own over UDP, however much the client says it takes
/// @param upstreamTry how long one name server is waited for, unless the resolver's settings say
///   less
/// @param upstreamDeadline from the first try to SERVFAIL
/// @param resolverWait how long a pod's first query waits for the look at its `resolv.conf`
/// @param resolverRefresh until a pod's `resolv.conf` is looked at again, in the background
/// @param resolverBytes of a `resolv.conf` that are read
/// @param metricSeries label sets of the DNS metrics; queries beyond share one in which every label
///   is `unknown`
public record DnsLimits(
        int outstandingQueries,
        int tcpConnections,
        Duration tcpIdle,
        int tcpPendingBytes,
        int messageBytes,
        int udpAnswerBytes,
        Duration upstreamTry,
        Duration upstreamDeadline,
        Duration resolverWait,
        Duration resolverRefresh,
        int resolverBytes,
        int metricSeries) {

    public static DnsLimits defaults() {
        return new DnsLimits(
                512,
                128,
                Duration.ofSeconds(5),
                1 << 20,
                65_535,
                4096,
                Duration.ofSeconds(2),
                Duration.ofMillis(4500),
                Duration.ofMillis(500),
                Duration.ofSeconds(30),
                65_536,
                10_000);
    }
}
