package dev.ambit.waypoint.route;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// One thing of a request that its choice of host depends on (`RouteAction.HashPolicy`).
///
/// @param terminal whether nothing further is looked at once there is a hash
public record HashPolicy(Source source, boolean terminal) {
    public sealed interface Source {
        /// @param rewrite of each value before it is hashed
        record Header(String name, Optional<RegexRewrite> rewrite) implements Source {}

        /// @param path of a cookie that is made
        /// @param ttlSeconds empty: none is made; 0: one for the session
        /// @param attributes of a cookie that is made, as `SameSite`
        record Cookie(String name, String path, OptionalLong ttlSeconds, List<Attribute> attributes)
                implements Source {}

        record SourceIp() implements Source {}

        record QueryParameter(String name) implements Source {}

        record FilterState(String key) implements Source {}
    }

    /// @param value empty for one that is only named
    public record Attribute(String name, String value) {}
}
