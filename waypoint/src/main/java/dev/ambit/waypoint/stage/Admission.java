package dev.ambit.waypoint.stage;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The way of one request through the stages of its chain, in order. Only here is a `Permit` made
/// for a request: behind the last stage that let it pass.
///
/// On the exchange's loop. A stage may answer before its call returns, or later.
public final class Admission {
    private final List<HttpStage> stages;
    private final Exchange exchange;
    private final Outcome outcome;
    private int at;
    private boolean waiting;

    /// Told by a stage before it returned `Step.Later`.
    private @Nullable Step early;

    private @Nullable HttpStage wantsBody;

    /// What becomes of a request. One of `admitted` and `answered`, once.
    public interface Outcome {
        void admitted(Permit permit);

        /// @param stage position of the stage that answered
        void answered(LocalReply reply, int stage);

        /// The body is to be collected, and given to `body`.
        void needBody(Step.NeedBody need);

        /// Whether the route switches the stage off for this request.
        boolean skips(HttpStage stage);
    }

    public Admission(List<HttpStage> stages, Exchange exchange, Outcome outcome) {
        this.stages = stages;
        this.exchange = exchange;
        this.outcome = outcome;
    }

    /// How many stages have seen the request.
    public int reached() {
        return Math.min(at + 1, stages.size());
    }

    public void start() {
        run();
    }

    /// After `Step.Later`, or just before a stage returns it.
    public void resume(Step step) {
        if (!waiting) {
            early = step;
            return;
        }
        waiting = false;
        if (take(step)) {
            run();
        }
    }

    /// After `Outcome.needBody`.
    ///
    /// @param body still the caller's
    public void body(ByteBuf body, boolean complete) {
        var stage = wantsBody;
        if (stage == null) {
            throw new IllegalStateException("a body that no stage asked for");
        }
        wantsBody = null;
        if (take(stage.onBody(exchange, body, complete))) {
            run();
        }
    }

    private void run() {
        int count = stages.size();
        while (at < count) {
            var stage = stages.get(at);
            if (exchange.ended()) {
                return;
            }
            if (outcome.skips(stage)) {
                at++;
            } else if (!take(stage.onRequest(exchange))) {
                return;
            }
        }
        outcome.admitted(new Permit());
    }

    /// @return whether to go on at once
    private boolean take(Step step) {
        switch (step) {
            case Step.Next _ -> {
                at++;
                return true;
            }
            case Step.Answer(var reply) -> outcome.answered(reply, at);
            case Step.Later _ -> {
                var told = early;
                early = null;
                if (told != null) {
                    return take(told);
                }
                waiting = true;
            }
            case Step.NeedBody need -> {
                wantsBody = stages.get(at);
                outcome.needBody(need);
            }
        }
        return false;
    }
}
