package dev.ambit.control.l7.route;

import dev.ambit.control.resource.route.RouteParts.DirectResponse;
import dev.ambit.control.resource.route.RouteParts.Mirror;
import dev.ambit.control.resource.route.RouteParts.Redirect;
import dev.ambit.control.resource.route.RouteParts.Retry;
import dev.ambit.control.resource.route.RouteParts.Rewrite;
import dev.ambit.control.resource.route.RouteParts.Target;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What happens to the requests of a rule.
public sealed interface HttpAction {
    /// @param timeout not said: none
    /// @param retry not said: the mesh's
    record Forward(
            List<Target> targets,
            Optional<Rewrite> rewrite,
            Optional<Duration> timeout,
            Optional<Retry> retry,
            List<Mirror> mirrors)
            implements HttpAction {
        public Forward {
            targets = List.copyOf(targets);
            mirrors = List.copyOf(mirrors);
        }
    }

    record Redirected(Redirect redirect) implements HttpAction {}

    record Answered(DirectResponse response) implements HttpAction {}
}
