package dev.ambit.waypoint.route;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import org.jspecify.annotations.Nullable;

/// A header's value that may be made of the request, as `%DOWNSTREAM_REMOTE_ADDRESS%`. Where a part
/// has no value, nothing stands in its place.
public interface HeaderValue {
    /// @param response null on a request's way
    String format(RequestHead request, @Nullable ResponseHead response, StreamInfo info);

    record Literal(String text) implements HeaderValue {
        @Override
        public String format(
                RequestHead request, @Nullable ResponseHead response, StreamInfo info) {
            return text;
        }
    }
}
