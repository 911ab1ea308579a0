package dev.ambit.waypoint.route.limit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Counts requests in this process, as Envoy's local rate limit does: by buckets of descriptors,
/// and by one for all.
public final class LocalLimiter {
    private static final Comparator<TokenBucket> STRICTEST_FIRST =
            Comparator.comparingDouble(TokenBucket::tokensPerSecond);

    private final Map<Descriptor, TokenBucket> fixed;
    private final List<DynamicBuckets> dynamic;
    private final @Nullable TokenBucket general;
    private final boolean deniesAll;
    private final boolean alwaysGeneral;

    /// @param bucket of those who were looked at; null where none was
    public record Result(boolean allowed, @Nullable TokenBucket bucket) {}

    /// @param general for requests without a bucket of their own; empty: these all pass
    /// @param alwaysGeneral whether those with a bucket of their own are counted there too
    public LocalLimiter(
            Map<Descriptor, TokenBucket> fixed,
            List<DynamicBuckets> dynamic,
            Optional<BucketConfig> general,
            boolean alwaysGeneral,
            long now) {
        this.fixed = Map.copyOf(fixed);
        this.dynamic = List.copyOf(dynamic);
        this.deniesAll = general.isPresent() && general.get().maxTokens() == 0;
        this.general = general.isEmpty() || deniesAll ? null : general.get().bucket(now);
        this.alwaysGeneral = alwaysGeneral;
    }

    public boolean hasDescriptors() {
        return !fixed.isEmpty() || !dynamic.isEmpty();
    }

    /// Takes tokens; those taken before a refusal stay taken.
    public Result take(List<Descriptor> descriptors, long now) {
        var matched = matched(descriptors, now);
        for (int at = 0; at < matched.size(); at++) {
            if (!matched.get(at).take(now)) {
                return new Result(false, matched.get(at));
            }
        }
        var first = matched.isEmpty() ? null : matched.getFirst();
        if (first != null && !alwaysGeneral) {
            return new Result(true, first);
        }
        if (general == null) {
            return new Result(!deniesAll, deniesAll ? null : first);
        }
        return general.take(now)
                ? new Result(true, first == null ? general : first)
                : new Result(false, general);
    }

    private List<TokenBucket> matched(List<Descriptor> descriptors, long now) {
        if (descriptors.isEmpty()) {
            return List.of();
        }
        var matched = new ArrayList<TokenBucket>(descriptors.size());
        for (int at = 0; at < descriptors.size(); at++) {
            var bucket = bucket(descriptors.get(at), now);
            if (bucket != null) {
                matched.add(bucket);
            }
        }
        if (matched.size() > 1) {
            matched.sort(STRICTEST_FIRST);
        }
        return matched;
    }

    private @Nullable TokenBucket bucket(Descriptor descriptor, long now) {
        var own = fixed.get(descriptor);
        for (int at = 0; own == null && at < dynamic.size(); at++) {
            own = dynamic.get(at).find(descriptor, now);
        }
        return own;
    }
}
