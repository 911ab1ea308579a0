package dev.ambit.waypoint.stage;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The way of one connection through the stages of its TCP chain, in order. Only here is a `Permit`
/// made for a connection.
///
/// On the connection's loop.
public final class ConnectionAdmission {
    private final List<NetworkStage> stages;
    private final NetworkStage.Connection connection;
    private final Outcome outcome;
    private int at;
    private boolean waiting;

    /// Told by a stage before it returned `NetworkStep.Later`.
    private @Nullable NetworkStep early;

    /// One of these, once.
    public interface Outcome {
        void admitted(Permit permit);

        void closed(NetworkStep.Close why);
    }

    public ConnectionAdmission(
            List<NetworkStage> stages, NetworkStage.Connection connection, Outcome outcome) {
        this.stages = stages;
        this.connection = connection;
        this.outcome = outcome;
    }

    public void start() {
        int count = stages.size();
        while (at < count) {
            if (connection.ended() || !take(stages.get(at).onConnection(connection))) {
                return;
            }
        }
        outcome.admitted(new Permit());
    }

    /// After `NetworkStep.Later`, or just before a stage returns it.
    public void resume(NetworkStep step) {
        if (!waiting) {
            early = step;
            return;
        }
        waiting = false;
        if (take(step)) {
            start();
        }
    }

    private boolean take(NetworkStep step) {
        switch (step) {
            case NetworkStep.Pass _ -> {
                at++;
                return true;
            }
            case NetworkStep.Close close -> outcome.closed(close);
            case NetworkStep.Later _ -> {
                var told = early;
                early = null;
                if (told != null) {
                    return take(told);
                }
                waiting = true;
            }
        }
        return false;
    }
}
