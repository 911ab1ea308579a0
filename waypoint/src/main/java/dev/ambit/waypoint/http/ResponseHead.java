package dev.ambit.waypoint.http;

/// A response's head, or an interim one's (1xx). Mutable, on its loop.
public final class ResponseHead {
    private int status;
    private final Headers headers;

    public ResponseHead(int status, Headers headers) {
        this.status = status;
        this.headers = headers;
    }

    public int status() {
        return status;
    }

    public void status(int value) {
        status = value;
    }

    public Headers headers() {
        return headers;
    }

    public boolean informational() {
        return status < 200 && status != 101;
    }
}
