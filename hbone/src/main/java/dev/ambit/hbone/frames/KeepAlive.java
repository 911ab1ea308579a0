package dev.ambit.hbone.frames;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Whether the peer of a connection is still there: its first SETTINGS in time, then a PING where
/// nothing else shows that it lives.
public final class KeepAlive {
    public interface Connection {
        EventLoop loop();

        boolean isDead();

        boolean settingsReceived();

        void sendPing();

        void fail(int code, String detail);

        /// No answer to a PING: the connection is lost.
        void lost(String detail);
    }

    private final Connection connection;
    private final Duration settings;
    private final Duration pingInterval;
    private final Duration pingTimeout;
    private long quietSince;
    private long pingSentAt = -1;

    /// @param settings for the peer's first SETTINGS
    /// @param pingInterval quiet time after which a PING is sent; zero for never
    /// @param pingTimeout from PING to its ACK
    public KeepAlive(
            Connection connection, Duration settings, Duration pingInterval, Duration pingTimeout) {
        this.connection = connection;
        this.settings = settings;
        this.pingInterval = pingInterval;
        this.pingTimeout = pingTimeout;
    }

    public void start() {
        heard();
        Future<?> unused =
                connection
                        .loop()
                        .schedule(this::settingsDeadline, settings.toNanos(), TimeUnit.NANOSECONDS);
        if (!pingInterval.isZero()) {
            schedule(pingInterval.toNanos());
        }
    }

    /// Something came from the peer.
    public void heard() {
        quietSince = now();
    }

    public void pingAnswered() {
        pingSentAt = -1;
    }

    private void settingsDeadline() {
        if (!connection.settingsReceived() && !connection.isDead()) {
            connection.fail(
                    Http2.PROTOCOL_ERROR, "no SETTINGS within " + settings.toMillis() + " ms");
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
        long timeout = pingTimeout.toNanos();
        if (pingSentAt >= 0) {
            if (now() - pingSentAt >= timeout) {
                connection.lost("ping timeout: no answer in " + pingTimeout.toMillis() + " ms");
                return;
            }
            schedule(Math.max(1, timeout - (now() - pingSentAt)));
            return;
        }
        long interval = pingInterval.toNanos();
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
