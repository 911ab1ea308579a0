package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.route.HeaderValue;
import dev.ambit.waypoint.xds.Refused;

/// Compiles values in Envoy's format language. Parts without a value are left out.
@FunctionalInterface
public interface HeaderFormats {
    /// @param format has a `%`
    HeaderValue compile(String format) throws Refused;
}
