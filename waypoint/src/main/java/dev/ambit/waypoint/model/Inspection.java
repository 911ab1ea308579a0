package dev.ambit.waypoint.model;

import java.time.Duration;
import java.util.List;

/// What first bytes are looked into for: the listener filters `http_inspector` and `tls_inspector`.
///
/// @param http whether protocols are told apart, but on `httpDisabled`
/// @param tls whether client hellos are looked for, but on `tlsDisabled`
/// @param timeout for the first bytes
/// @param continueOnTimeout whether a caller who stays silent goes on without a finding, as one of
///   a protocol whose server speaks first; else the connection is closed
public record Inspection(
        boolean http,
        List<PortRange> httpDisabled,
        boolean tls,
        List<PortRange> tlsDisabled,
        Duration timeout,
        boolean continueOnTimeout) {

    /// Envoy's timeout.
    public static final Inspection NONE =
            new Inspection(false, List.of(), false, List.of(), Duration.ofSeconds(15), false);

    /// @param first included
    /// @param end excluded
    public record PortRange(int first, int end) {
        boolean contains(int port) {
            return first <= port && port < end;
        }
    }

    public boolean http(int port) {
        return http && none(httpDisabled, port);
    }

    public boolean tls(int port) {
        return tls && none(tlsDisabled, port);
    }

    private static boolean none(List<PortRange> ranges, int port) {
        for (var range : ranges) {
            if (range.contains(port)) {
                return false;
            }
        }
        return true;
    }
}
