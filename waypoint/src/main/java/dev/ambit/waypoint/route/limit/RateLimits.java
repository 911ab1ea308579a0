package dev.ambit.waypoint.route.limit;

import java.util.List;

/// By what a level counts its requests (`rate_limits` of a route, a virtual host, a filter).
public record RateLimits(List<DescriptorRule> rules) {
    public static final RateLimits NONE = new RateLimits(List.of());

    public boolean isEmpty() {
        return rules.isEmpty();
    }

    /// Adds the descriptors of those rules that are for one stage.
    public void describe(int stage, DescriptorRule.Subject subject, List<Descriptor> into) {
        for (int at = 0; at < rules.size(); at++) {
            var rule = rules.get(at);
            if (rule.stage() == stage) {
                var descriptor = rule.describe(subject);
                if (descriptor != null) {
                    into.add(descriptor);
                }
            }
        }
    }
}
