package dev.ambit.hbone;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/// Whether the peer of a connection is still there: its first SETTINGS in time, then a PING where
/// nothing else shows that it lives.
final class KeepAlive {
    interface Connection {
        EventLoop loop();

        boolean isDead();

        boolean settingsReceived();

        void sendPing();

        void fail(int code, String detail);

        void closeWith(ResetReason reason);
    }

    private final Connection connection;
    private final HboneLimits limits;
    private long quietSince;
    private long pingSentAt = -1;

    KeepAlive(Connection connection, HboneLimits limits) {
        this.connection = connection;
        this.limits = limits;
    }

    void start() {
        heard();
        Future<?> unused =
                connection
                        .loop()
                        .schedule(
                                this::settingsDeadline,
                                limits.settings().toNanos(),
                                TimeUnit.NANOSECONDS);
        schedule(limits.pingInterval().toNanos());
    }

    /// Something came from the peer.
    void heard() {
        quietSince = now();
    }

    void pingAnswered() {
        pingSentAt = -1;
    }

    private void settingsDeadline() {
        if (!connection.settingsReceived() && !connection.isDead()) {
            connection.fail(
                    Http2.PROTOCOL_ERROR,
                    "no SETTINGS within " + limits.settings().toMillis() + " ms");
        }
    }

    private void schedule(long delayNanos) {
        Future<?> unused =
                connection.loop().schedule(this::pingIfQuiet, delayNanos, TimeUnit.NANOSECONDS);
    }

    private void pingIfQuiet() {
        if (connection.isDead()) {
            return;
        }
        long timeout = limits.pingTimeout().toNanos();
        if (pingSentAt >= 0) {
            if (now() - pingSentAt >= timeout) {
                connection.closeWith(
                        new ResetReason(
                                ResetReason.Kind.LOST,
                                "HBONE ping timeout: no answer in "
                                        + limits.pingTimeout().toMillis()
                                        + " ms"));
                return;
            }
            schedule(Math.max(1, timeout - (now() - pingSentAt)));
            return;
        }
        long interval = limits.pingInterval().toNanos();
        long quiet = now() - quietSince;
        if (quiet >= interval) {
            pingSentAt = now();
            connection.sendPing();
            schedule(timeout);
            return;
        }
        schedule(interval - quiet);
    }

    private long now() {
        return connection.loop().ticker().nanoTime();
    }
}
