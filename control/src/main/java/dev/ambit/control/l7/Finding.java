package dev.ambit.control.l7;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;

/// Something about the mesh that its owner should know: accepted, but not in effect as written, or
/// not what was probably meant. Found while compiling; shown by `ambit analyze` and in statuses.
///
/// @param code what it is, in words that tools can match, such as `route-to-unknown-host`
/// @param resource kind, namespace and name
/// @param field path in the resource, empty when the resource as a whole is meant
/// @param message the value and what is in effect instead
/// @param fix what to do about it
public record Finding(
        Level level,
        String code,
        Resource.Key resource,
        Meta meta,
        String field,
        String message,
        String fix) {

    public enum Level {
        /// Traffic fails, or is let in that should not be.
        ERROR,
        /// Part of it has no effect.
        WARNING,
        /// Worth knowing.
        INFO
    }
}
