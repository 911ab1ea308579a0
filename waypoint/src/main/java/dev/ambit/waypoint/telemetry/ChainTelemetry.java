package dev.ambit.waypoint.telemetry;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.UpstreamHost;

/// What an HTTP chain tells of each exchange: metrics, logs and spans are made of it. On the
/// exchange's loop, in this order; never blocks and never fails.
///
/// Bytes, instants, flags and details are read from `StreamInfo` at the end, so whoever runs the
/// exchange keeps them up to date there.
public interface ChainTelemetry {
    /// A head has come, `x-request-id` is set and the route is known; no stage has run. A span may
    /// begin, and the head may be changed: the trace reason in `x-request-id`.
    ///
    /// @param operation of the route's decorator; empty for none
    /// @param propagate whether the decorator's operation is told to the caller
    void onRequest(StreamInfo info, RequestHead request, String operation, boolean propagate);

    /// A host is chosen; the head is about to be sent to it. Adds the fields that carry the trace.
    ///
    /// @param upstream the head of this attempt, to be changed
    void onAttempt(StreamInfo info, RequestHead upstream, ClusterFacts cluster, UpstreamHost host);

    /// The response's head is about to be sent to the caller, and may be changed.
    void onResponse(StreamInfo info, ResponseHead response);

    /// Last, once, whatever happened. Without `onRequest` for requests that were refused before
    /// there was a chain for them: these are only logged.
    void onEnd(StreamInfo info);

    /// For chains that tell nothing.
    ChainTelemetry NONE =
            new ChainTelemetry() {
                @Override
                public void onRequest(
                        StreamInfo info,
                        RequestHead request,
                        String operation,
                        boolean propagate) {}

                @Override
                public void onAttempt(
                        StreamInfo info,
                        RequestHead upstream,
                        ClusterFacts cluster,
                        UpstreamHost host) {}

                @Override
                public void onResponse(StreamInfo info, ResponseHead response) {}

                @Override
                public void onEnd(StreamInfo info) {}
            };
}
