package dev.ambit.waypoint.route.limit;

import dev.ambit.waypoint.http.Headers;
import java.util.Map;

/// What a rate limit service says about a request.
///
/// @param overLimit whether it is one too many
/// @param request headers for the application
/// @param response headers for the caller
/// @param limits `x-ratelimit-*`, where the service tells limits; empty for none
/// @param body of a refusal
/// @param metadata for the exchange
public record LimitAnswer(
        boolean overLimit,
        Headers request,
        Headers response,
        Headers limits,
        String body,
        Map<String, Object> metadata) {}
