package dev.ambit.hbone;

/// A connection's own window towards its peer (RFC 9113 section 6.9), and how full the connection
/// is with bytes that no reader took yet.
///
/// A stream's window bounds what the stream holds; this one is topped up on arrival, so that
/// streams whose readers are slow don't starve those whose readers are not. Only when all together
/// hold more than the limit does it run dry.
final class ReceiveWindow {
    private final HboneLimits limits;
    private int window = Http2.DEFAULT_WINDOW;
    private int unread;

    ReceiveWindow(HboneLimits limits) {
        this.limits = limits;
    }

    /// @return what to grant at the start, beyond the protocol's default
    int open() {
        int more = Math.max(0, limits.connectionWindowBytes() - Http2.DEFAULT_WINDOW);
        window += more;
        return more;
    }

    void arrived(int length) throws Http2.ConnectionError {
        window -= length;
        if (window < 0) {
            throw new Http2.ConnectionError(
                    Http2.FLOW_CONTROL_ERROR, "DATA beyond the connection's window by " + -window);
        }
    }

    void held(int length) {
        unread += length;
    }

    /// Found their reader, or were thrown away.
    void read(int bytes) {
        unread -= bytes;
    }

    /// @return what to grant now; 0 for not yet
    int due() {
        int due = limits.connectionWindowBytes() - window;
        int room = limits.connectionUnreadBytes() - unread - window;
        int now = Math.min(due, room);
        if (now < limits.connectionWindowBytes() / 2) {
            return 0;
        }
        window += now;
        return now;
    }
}
