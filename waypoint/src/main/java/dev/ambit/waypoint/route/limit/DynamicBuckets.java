package dev.ambit.waypoint.route.limit;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/// A bucket for each combination of values that some entries of a descriptor leave open. At most as
/// many as configured are kept: one that was not asked for lately makes room. For all loops,
/// without a lock.
public final class DynamicBuckets {
    private final List<Descriptor.Entry> pattern;
    private final BucketConfig config;
    private final int most;
    private final ConcurrentMap<Descriptor, TokenBucket> buckets = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Descriptor> order = new ConcurrentLinkedQueue<>();

    /// @param pattern an empty value for any
    /// @param most how many are kept
    public DynamicBuckets(List<Descriptor.Entry> pattern, BucketConfig config, int most) {
        this.pattern = List.copyOf(pattern);
        this.config = config;
        this.most = most;
    }

    /// Null where the descriptor is of another kind.
    @Nullable TokenBucket find(Descriptor descriptor, long now) {
        if (!fits(descriptor.entries())) {
            return null;
        }
        var known = buckets.get(descriptor);
        if (known != null) {
            known.used = true;
            return known;
        }
        var made = config.bucket(now);
        var other = buckets.putIfAbsent(descriptor, made);
        if (other != null) {
            return other;
        }
        order.add(descriptor);
        makeRoom();
        return made;
    }

    private boolean fits(List<Descriptor.Entry> entries) {
        if (entries.size() != pattern.size()) {
            return false;
        }
        for (int at = 0; at < pattern.size(); at++) {
            var wanted = pattern.get(at);
            if (!wanted.key().equals(entries.get(at).key())
                    || !wanted.value().isEmpty()
                            && !wanted.value().equals(entries.get(at).value())) {
                return false;
            }
        }
        return true;
    }

    /// The second chance: what was used since it was last looked at stays for another round.
    private void makeRoom() {
        while (buckets.size() > most) {
            var oldest = order.poll();
            if (oldest == null) {
                return;
            }
            var bucket = buckets.get(oldest);
            if (bucket != null && bucket.used) {
                bucket.used = false;
                order.add(oldest);
            } else {
                buckets.remove(oldest);
            }
        }
    }

    int size() {
        return buckets.size();
    }
}
