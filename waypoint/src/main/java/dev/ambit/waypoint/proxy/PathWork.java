package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.PathNormalizer;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.model.HttpOptions;
import dev.ambit.waypoint.route.Grpc;
import dev.ambit.waypoint.stage.LocalReply;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// A path as it is to be matched and forwarded.
final class PathWork {
    private PathWork() {}

    /// @return an answer for a path that is refused; null for others
    static @Nullable LocalReply apply(RequestHead head, HttpOptions options) {
        var normalizer =
                new PathNormalizer(
                        options.normalizePath(), options.mergeSlashes(), slashes(options));
        return switch (normalizer.apply(head.path())) {
            case PathNormalizer.Accepted(var path) -> {
                head.path(path);
                yield null;
            }
            case PathNormalizer.Refused _ -> LocalReply.of(400, "", PathNormalizer.FAILED);
            case PathNormalizer.Redirected(var path) ->
                    Grpc.isRequest(head)
                            ? LocalReply.of(400, "", PathNormalizer.FAILED)
                            : elsewhere(path);
        };
    }

    private static LocalReply elsewhere(String path) {
        return new LocalReply(
                307,
                "",
                new Headers().add("location", path),
                OptionalInt.empty(),
                Optional.empty(),
                PathNormalizer.FAILED);
    }

    private static PathNormalizer.EscapedSlashes slashes(HttpOptions options) {
        return switch (options.escapedSlashes()) {
            case KEEP_UNCHANGED -> PathNormalizer.EscapedSlashes.KEEP;
            case REJECT -> PathNormalizer.EscapedSlashes.REJECT;
            case UNESCAPE_AND_REDIRECT -> PathNormalizer.EscapedSlashes.UNESCAPE_AND_REDIRECT;
            case UNESCAPE_AND_FORWARD -> PathNormalizer.EscapedSlashes.UNESCAPE_AND_FORWARD;
        };
    }
}
