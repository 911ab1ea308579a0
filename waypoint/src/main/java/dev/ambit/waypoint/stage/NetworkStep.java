package dev.ambit.waypoint.stage;

import dev.ambit.waypoint.exchange.ResponseFlag;
import java.util.Optional;

/// What a stage says about a connection.
public sealed interface NetworkStep {
    /// On to the next stage.
    record Pass() implements NetworkStep {}

    /// It is closed.
    ///
    /// @param flag for logs and metrics
    /// @param details `%CONNECTION_TERMINATION_DETAILS%`, Envoy's words
    record Close(Optional<ResponseFlag> flag, String details) implements NetworkStep {}

    /// The stage calls `NetworkStage.Connection.resume` later.
    record Later() implements NetworkStep {}

    NetworkStep PASS = new Pass();
    NetworkStep LATER = new Later();
}
