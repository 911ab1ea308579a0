package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.model.HttpOptions;
import dev.ambit.waypoint.route.RouteDecision;

/// Whether a request may turn into a stream of bytes.
final class Upgrades {
    private Upgrades() {}

    static boolean allowed(RequestHead head, RouteDecision decided, HttpOptions options) {
        var upgrade = head.upgrade();
        if (upgrade == null) {
            if (!head.method().equals("CONNECT")) {
                return true;
            }
            upgrade = "connect";
        }
        if (decided instanceof RouteDecision.Forward forward) {
            var own = forward.action().upgrades().get(upgrade);
            if (own != null) {
                return own;
            }
        } else if (head.upgrade() == null) {
            return true; // No route for a CONNECT: 404 says it better.
        }
        return options.upgrades().contains(upgrade);
    }
}
