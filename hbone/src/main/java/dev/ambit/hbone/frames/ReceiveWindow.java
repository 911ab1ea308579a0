package dev.ambit.hbone.frames;

/// A connection's own window towards its peer (RFC 9113 section 6.9), and how full the connection
/// is with bytes that no reader took yet.
///
/// A stream's window bounds what the stream holds; this one is topped up on arrival, so that
/// streams whose readers are slow don't starve those whose readers are not. Only when all together
/// hold more than the limit does it run dry.
public final class ReceiveWindow {
    private final int most;
    private final int mostUnread;
    private int window = Http2.DEFAULT_WINDOW;
    private int unread;

    /// @param most bytes that the peer may have under way
    /// @param mostUnread bytes that no reader took yet, at which it is topped up no more
    public ReceiveWindow(int most, int mostUnread) {
        this.most = most;
        this.mostUnread = mostUnread;
    }

    /// @return what to grant at the start, beyond the protocol's default
    public int open() {
        int more = Math.max(0, most - Http2.DEFAULT_WINDOW);
        window += more;
        return more;
    }

    public void arrived(int length) throws Http2.ConnectionError {
        window -= length;
        if (window < 0) {
            throw new Http2.ConnectionError(
                    Http2.FLOW_CONTROL_ERROR, "DATA beyond the connection's window by " + -window);
        }
    }

    public void held(int length) {
        unread += length;
    }

    /// Found their reader, or were thrown away.
    public void read(int bytes) {
        unread -= bytes;
    }

    /// @return what to grant now; 0 for not yet
    public int due() {
        int due = most - window;
        int room = mostUnread - unread - window;
        int now = Math.min(due, room);
        if (now < most / 2) {
            return 0;
        }
        window += now;
        return now;
    }
}
