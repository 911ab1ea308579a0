package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.route.RouteParts.Cors;
import dev.ambit.control.resource.route.RouteParts.Fraction;
import dev.ambit.control.resource.route.RouteParts.HeaderChange;
import dev.ambit.control.resource.route.RouteParts.Redirect;
import dev.ambit.control.resource.route.RouteParts.Rewrite;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// An HTTPRoute or a GRPCRoute, whose methods are read as paths.
///
/// @param kind `HTTPRoute` or `GRPCRoute`
public record L7Route(
        Meta meta, String kind, List<ParentRef> parents, List<String> hostnames, List<Rule> rules)
        implements Resource {

    public L7Route {
        parents = List.copyOf(parents);
        hostnames = List.copyOf(hostnames);
        rules = List.copyOf(rules);
    }

    /// @param name empty: made from the route's
    /// @param request `timeouts.request`; none when it is 0
    /// @param backendRequest `timeouts.backendRequest`; none when it is 0
    /// @param session `sessionPersistence` is set, which has no effect
    public record Rule(
            String name,
            List<HttpMatch> matches,
            List<Filter> filters,
            List<Backend> backends,
            Optional<RuleRetry> retry,
            Optional<Duration> request,
            Optional<Duration> backendRequest,
            boolean session) {
        public Rule {
            matches = List.copyOf(matches);
            filters = List.copyOf(filters);
            backends = List.copyOf(backends);
        }
    }

    public record Backend(BackendRef ref, List<Filter> filters) {
        public Backend {
            filters = List.copyOf(filters);
        }
    }

    public record RuleRetry(List<Integer> codes, int attempts, Optional<Duration> backoff) {
        public RuleRetry {
            codes = List.copyOf(codes);
        }
    }

    public sealed interface Filter {
        record RequestHeaders(HeaderChange change) implements Filter {}

        record ResponseHeaders(HeaderChange change) implements Filter {}

        record Redirecting(Redirect redirect) implements Filter {}

        record Rewriting(Rewrite rewrite) implements Filter {}

        record Mirroring(BackendRef to, Fraction share) implements Filter {}

        record CrossOrigin(Cors cors) implements Filter {}

        /// It makes the whole route unusable.
        record Unusable(String why) implements Filter {}
    }
}
