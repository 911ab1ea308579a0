package dev.ambit.waypoint.stage;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// One stage of a chain, in Envoy's terms an HTTP filter: compiled, immutable, shared by all
/// requests of all loops. What it remembers of one exchange it puts into `StreamInfo`, or into what
/// `onRequest` hands to `Exchange.whenEnded`.
public interface HttpStage {
    /// The filter's name in the configuration.
    String name();

    /// Whether it runs only where a route says so.
    default boolean offByDefault() {
        return false;
    }

    /// Judges, or changes, a request's head.
    Step onRequest(Exchange exchange);

    /// After `Step.NeedBody`.
    ///
    /// @param body still the caller's
    /// @param complete false where only part of it fits
    default Step onBody(Exchange exchange, ByteBuf body, boolean complete) {
        return Step.NEXT;
    }

    /// Changes a response's head on its way back, last stage first; answers made here go the same
    /// way, from the stage that made them.
    default void onResponse(Exchange exchange, ResponseHead head) {}

    /// Looks at, or rewrites, the request's body; null for most.
    default @Nullable BodyTransform requestBody(Exchange exchange) {
        return null;
    }

    /// Looks at, or rewrites, the response's body; null for most. Asked after `onResponse`.
    default @Nullable BodyTransform responseBody(Exchange exchange, ResponseHead head) {
        return null;
    }

    /// One direction's body of one exchange.
    interface BodyTransform {
        /// Ownership passes both ways; the length may change.
        ///
        /// @throws BadBody for bytes that make no sense; they are released then
        ByteBuf onData(ByteBuf bytes);

        /// At the end: bytes that are to come before it, and what becomes of the trailers.
        ///
        /// @throws BadBody for a body that is not whole
        default @Nullable ByteBuf onEnd(Headers trailers) {
            return null;
        }
    }
}
