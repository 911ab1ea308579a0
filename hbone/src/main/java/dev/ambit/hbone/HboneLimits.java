package dev.ambit.hbone;

import java.time.Duration;

/// Every limit of this module. The defaults are pinned by a test.
///
/// @param streamWindowBytes SETTINGS_INITIAL_WINDOW_SIZE; the most that one stream holds unread
/// @param connectionWindowBytes the connection's flow-control window; at least the stream's
/// @param connectionUnreadBytes the most that all streams of a connection hold unread before the
///   connection's window is no longer topped up on arrival; at least the connection's window
/// @param maxFrameBytes SETTINGS_MAX_FRAME_SIZE, 16384 to 16777215 (RFC 9113 section 6.5.2)
/// @param maxHeaderListBytes SETTINGS_MAX_HEADER_LIST_SIZE, and the longest header block
/// @param maxServerStreams SETTINGS_MAX_CONCURRENT_STREAMS of a server
/// @param maxClientStreams streams that a client puts on one tunnel, if the peer allows as many
/// @param maxTunnelsPerKey tunnels that a pool opens for one key
/// @param maxWaitingPerKey requests that wait for a tunnel of one key
/// @param tlsHandshake from TCP connected to TLS complete
/// @param settings from TLS complete to the peer's first SETTINGS
/// @param connectReply from CONNECT sent to its answer
/// @param connectAnswer how long a server's user may take to answer a CONNECT
/// @param pingInterval quiet time after which a PING is sent
/// @param pingTimeout from PING to its ACK, else the tunnel is lost
/// @param poolWait how long a request waits for a tunnel; at least as long as dialling one may take
/// @param poolIdle a pooled tunnel without streams is closed after this
/// @param controlFramesPerSecond PING, SETTINGS, RST_STREAM, PRIORITY, empty DATA and unknown
///   frames from one peer, and its streams that are refused unseen; more is an attack
///   (CVE-2023-44487 and its kind)
/// @param socketUnreadBytes what one socket delivers before the other side has taken it
/// @param writeHighWaterBytes a socket's queue above which no more DATA is put into it; a tunnel
///   whose peer lets answers pile up to five times as much is ended
/// @param readBufferLeastBytes the first read buffer of a socket
/// @param readBufferMostBytes what read buffers grow to under load
/// @param outerLinger how long a nested tunnel that has ended may take to get its last bytes out,
///   and the other end to end the outer stream
public record HboneLimits(
        int streamWindowBytes,
        int connectionWindowBytes,
        int connectionUnreadBytes,
        int maxFrameBytes,
        int maxHeaderListBytes,
        int maxServerStreams,
        int maxClientStreams,
        int maxTunnelsPerKey,
        int maxWaitingPerKey,
        Duration tlsHandshake,
        Duration settings,
        Duration connectReply,
        Duration connectAnswer,
        Duration pingInterval,
        Duration pingTimeout,
        Duration poolWait,
        Duration poolIdle,
        int controlFramesPerSecond,
        int socketUnreadBytes,
        int writeHighWaterBytes,
        int readBufferLeastBytes,
        int readBufferMostBytes,
        Duration outerLinger) {

    public HboneLimits {
        require("streamWindowBytes", streamWindowBytes, streamWindowBytes >= 1, "at least 1");
        require(
                "connectionWindowBytes",
                connectionWindowBytes,
                connectionWindowBytes >= 65_535 && connectionWindowBytes >= streamWindowBytes,
                "at least 65535 and the stream's window");
        require(
                "connectionUnreadBytes",
                connectionUnreadBytes,
                connectionUnreadBytes >= connectionWindowBytes,
                "at least the connection's window");
        require(
                "maxFrameBytes",
                maxFrameBytes,
                maxFrameBytes >= 16_384 && maxFrameBytes < 1 << 24,
                "16384 to 16777215");
        require("maxClientStreams", maxClientStreams, maxClientStreams >= 1, "at least 1");
        require("maxServerStreams", maxServerStreams, maxServerStreams >= 1, "at least 1");
        require("maxTunnelsPerKey", maxTunnelsPerKey, maxTunnelsPerKey >= 1, "at least 1");
    }

    public static HboneLimits defaults() {
        return new HboneLimits(
                4 << 20,
                16 << 20,
                64 << 20,
                1 << 20,
                64 << 10,
                200,
                100,
                256,
                4096,
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                Duration.ofSeconds(20),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                Duration.ofSeconds(20),
                Duration.ofSeconds(40),
                Duration.ofMinutes(5),
                2_000,
                512 << 10,
                1 << 20,
                2 << 10,
                256 << 10,
                Duration.ofSeconds(30));
    }

    /// What an operator may set; the rest stays.
    ///
    /// @param clientStreams streams that a client puts on one tunnel
    /// @param idle a pooled tunnel without streams is closed after this
    public HboneLimits with(
            int streamWindow, int connectionWindow, int frame, int clientStreams, Duration idle) {
        return new HboneLimits(
                streamWindow,
                connectionWindow,
                Math.max(connectionUnreadBytes, connectionWindow),
                frame,
                maxHeaderListBytes,
                maxServerStreams,
                clientStreams,
                maxTunnelsPerKey,
                maxWaitingPerKey,
                tlsHandshake,
                settings,
                connectReply,
                connectAnswer,
                pingInterval,
                pingTimeout,
                poolWait,
                idle,
                controlFramesPerSecond,
                socketUnreadBytes,
                writeHighWaterBytes,
                readBufferLeastBytes,
                readBufferMostBytes,
                outerLinger);
    }

    private static void require(String name, int value, boolean holds, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(
                    name + ": " + value + " (expected: " + expected + ")");
        }
    }
}
