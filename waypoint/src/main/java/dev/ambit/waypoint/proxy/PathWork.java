package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.model.HttpOptions;
import dev.ambit.waypoint.stage.LocalReply;
import org.jspecify.annotations.Nullable;

/// A path as it is to be matched and forwarded.
final class PathWork {
    private static final String FAILED = "path_normalization_failed";

    private PathWork() {}

    /// @return an answer for a path that is refused; null for others
    static @Nullable LocalReply apply(RequestHead head, HttpOptions options) {
        if (head.path().indexOf('#') >= 0) {
            return LocalReply.of(400, "", FAILED);
        }
        return null;
    }
}
