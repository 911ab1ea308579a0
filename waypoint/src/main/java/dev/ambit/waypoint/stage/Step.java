package dev.ambit.waypoint.stage;

/// What a stage says about a request.
public sealed interface Step {
    /// On to the next stage.
    record Next() implements Step {}

    /// An answer of this side; the request goes no further.
    record Answer(LocalReply reply) implements Step {}

    /// The stage calls `Exchange.resume` later.
    record Later() implements Step {}

    /// The stage wants the body, and judges by `HttpStage.onBody`.
    ///
    /// @param maxBytes over which it is either given what fits, or the request is answered 413
    /// @param partial whether part of a body will do
    record NeedBody(int maxBytes, boolean partial) implements Step {}

    Step NEXT = new Next();
    Step LATER = new Later();

    static Step answer(LocalReply reply) {
        return new Answer(reply);
    }
}
