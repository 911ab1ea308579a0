package dev.ambit.waypoint.stage;

/// A body that a stage can't go on with. The exchange is answered so where no answer has begun, and
/// reset where one has.
public final class BadBody extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient LocalReply reply;

    public BadBody(LocalReply reply) {
        super(reply.body(), null, false, false);
        this.reply = reply;
    }

    public LocalReply reply() {
        return reply;
    }
}
