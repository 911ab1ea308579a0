package dev.ambit.waypoint.route;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import org.jspecify.annotations.Nullable;

/// Where a request goes. Once made it does not change, whatever stages do to the request, until it
/// is asked for anew.
public sealed interface RouteDecision {
    /// To a cluster, which need not be there.
    ///
    /// @param weighted the part of the route that was drawn; null where it has none
    record Forward(
            Route route,
            RouteAction.Forward action,
            String cluster,
            @Nullable WeightedCluster weighted,
            StageConfigs stages)
            implements RouteDecision {
        /// Header operations of the route, its host, its table; the authority; the path.
        ///
        /// @param tellOriginal whether what is replaced is kept in `x-envoy-original-path` and
        ///   `x-envoy-original-host`; false with `suppress_envoy_headers`
        public void finishRequest(RequestHead request, StreamInfo info, boolean tellOriginal) {
            if (weighted != null) {
                weighted.request().applyTo(request, info);
                if (!weighted.hostRewrite().isEmpty()) {
                    request.authority(weighted.hostRewrite());
                }
            }
            Finish.request(route, action, request, info, tellOriginal);
        }

        public void finishResponse(ResponseHead response, RequestHead request, StreamInfo info) {
            if (weighted != null) {
                weighted.response().applyTo(response, request, info);
            }
            Finish.response(route, response, request, info);
        }
    }

    /// Elsewhere, by the client.
    record Redirect(Route route, RouteAction.Redirect action) implements RouteDecision {
        /// The response's `location`; empty for a request that has no path.
        public String location(RequestHead request) {
            return request.path().isEmpty()
                    ? ""
                    : Redirects.location(action, route.match().path(), request);
        }

        /// The path that logs tell: rewritten as if it were forwarded, where a part of it was
        /// replaced. After `location`.
        public void finishRequest(RequestHead request, boolean tellOriginal) {
            if (!request.path().isEmpty()) {
                var rewrite = Redirects.rewrite(action.path());
                Finish.path(rewrite, route.match().path(), request, tellOriginal);
            }
        }

        public void finishResponse(ResponseHead response, RequestHead request, StreamInfo info) {
            Finish.response(route, response, request, info);
        }
    }

    /// An answer from here.
    record Direct(Route route, RouteAction.Direct action) implements RouteDecision {
        /// The response's `location`; empty for none.
        public String location(RequestHead request) {
            int status = action.status();
            return !request.path().isEmpty() && (status == 201 || status / 100 == 3)
                    ? Redirects.self(request)
                    : "";
        }

        public void finishResponse(ResponseHead response, RequestHead request, StreamInfo info) {
            Finish.response(route, response, request, info);
        }
    }

    /// To the same place with TLS: the virtual host asks for it.
    ///
    /// @param location the response's
    record ToTls(String location) implements RouteDecision {}

    /// 404, `NR`.
    record NoRoute() implements RouteDecision {}

    RouteDecision NO_ROUTE = new NoRoute();

    /// The route that was found; null for none.
    default @Nullable Route found() {
        return switch (this) {
            case Forward forward -> forward.route();
            case Redirect(var route, _) -> route;
            case Direct(var route, _) -> route;
            case ToTls _, NoRoute _ -> null;
        };
    }

    /// What the route says to stages.
    default StageConfigs stageConfigs() {
        return switch (this) {
            case Forward forward -> forward.stages();
            case Redirect(var route, _) -> route.stages();
            case Direct(var route, _) -> route.stages();
            case ToTls _, NoRoute _ -> StageConfigs.NONE;
        };
    }
}
