package dev.ambit.waypoint.telemetry.export;

import java.time.Duration;
import java.util.Map;

/// A collector, as a configuration names it: by cluster.
public sealed interface Destination {
    String cluster();

    /// @param authority empty for the cluster's name
    /// @param method `package.Service/Method`
    /// @param metadata names in lower case
    /// @param streaming whether all messages go on one stream
    record GrpcService(
            String cluster,
            String authority,
            String method,
            Map<String, String> metadata,
            Duration timeout,
            boolean streaming)
            implements Destination {}

    /// A POST for each message; any 2xx is success.
    ///
    /// @param headers names in lower case
    record Http(
            String cluster,
            String host,
            String path,
            String contentType,
            Map<String, String> headers,
            Duration timeout)
            implements Destination {}
}
