package dev.ambit.waypoint.upstream;

import java.util.List;

/// How the traffic is shared among priorities: percents that add up to 100, as Envoy computes them
/// in whole numbers.
///
/// @param healthy by priority, to its healthy hosts
/// @param degraded by priority, to its degraded hosts
/// @param panic by priority: all hosts are used, whatever their health
/// @param availability by priority: healthy percent, then degraded percent, each with the
///   overprovisioning factor and at most 100
@SuppressWarnings("ArrayRecordComponent") // Read by each request; nobody writes to them.
record PriorityLoad(int[] healthy, int[] degraded, boolean[] panic, Availability availability) {
    private static final int ALL = 100;

    record Availability(int[] healthy, int[] degraded) {
        int total() {
            int sum = 0;
            for (int i = 0; i < healthy.length; i++) {
                sum += healthy[i] + degraded[i];
            }
            return Math.min(ALL, sum);
        }
    }

    static PriorityLoad of(List<HostSet> sets, EndpointSet policy, int panicThreshold) {
        int[] healthyNow = new int[sets.size()];
        int[] degradedNow = new int[sets.size()];
        for (int i = 0; i < sets.size(); i++) {
            availability(sets.get(i), policy, healthyNow, degradedNow, i);
        }
        var availability = new Availability(healthyNow, degradedNow);
        var load = share(availability);
        int total = availability.total();
        if (panicThreshold == 0 && total == 0) {
            // Nothing is there to choose, but something has to be chosen.
            load.healthy[0] = ALL;
            return load;
        }
        boolean allPanic = true;
        for (int i = 0; i < sets.size(); i++) {
            load.panic[i] = total != ALL && inPanic(sets.get(i), panicThreshold);
            allPanic &= load.panic[i];
        }
        if (allPanic) {
            shareByNumber(sets, load);
        }
        return load;
    }

    private static void availability(
            HostSet set, EndpointSet policy, int[] healthy, int[] degraded, int at) {
        if (set.all().length == 0) {
            return;
        }
        long good = set.healthy().length;
        long fair = set.degraded().length;
        long total = set.all().length;
        if (policy.weightedPriorityHealth()) {
            good = weight(set.healthy());
            fair = weight(set.degraded());
            total = weight(set.all());
        }
        healthy[at] = (int) Math.min(ALL, policy.overprovisioningFactor() * good / total);
        degraded[at] = (int) Math.min(ALL, policy.overprovisioningFactor() * fair / total);
    }

    private static long weight(Host[] hosts) {
        long sum = 0;
        for (var host : hosts) {
            sum += host.weight();
        }
        return sum;
    }

    private static boolean inPanic(HostSet set, int threshold) {
        int all = set.all().length;
        double percent =
                all == 0 ? 0 : 100.0 * (set.healthy().length + set.degraded().length) / all;
        return percent < threshold;
    }

    /// First to the healthy, highest priority first, then to the degraded; what rounding left over
    /// to the first that has any.
    static PriorityLoad share(Availability availability) {
        int levels = availability.healthy.length;
        var load =
                new PriorityLoad(
                        new int[levels], new int[levels], new boolean[levels], availability);
        int total = availability.total();
        if (total == 0) {
            return load;
        }
        int left = distribute(availability.healthy, load.healthy, ALL, total);
        left = distribute(availability.degraded, load.degraded, left, total);
        if (left > 0) {
            int first = first(availability.healthy);
            if (first >= 0) {
                load.healthy[first] += left;
            } else {
                load.degraded[first(availability.degraded)] += left;
            }
        }
        return load;
    }

    private static int distribute(int[] availability, int[] load, int amount, int total) {
        int left = amount;
        for (int i = 0; i < availability.length; i++) {
            load[i] = Math.min(left, availability[i] * ALL / total);
            left -= load[i];
        }
        return left;
    }

    private static int first(int[] values) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] > 0) {
                return i;
            }
        }
        return -1;
    }

    /// Health says nothing any more: by how many hosts there are.
    private static void shareByNumber(List<HostSet> sets, PriorityLoad load) {
        int hosts = 0;
        for (var set : sets) {
            hosts += set.all().length;
        }
        if (hosts == 0) {
            load.healthy[0] = ALL;
            return;
        }
        int left = ALL;
        int first = -1;
        for (int i = 0; i < load.healthy.length; i++) {
            int here = sets.get(i).all().length;
            first = first < 0 && here > 0 ? i : first;
            load.healthy[i] = ALL * here / hosts;
            load.degraded[i] = 0;
            left -= load.healthy[i];
        }
        load.healthy[first] += left;
    }

    /// The shares when these priorities have been tried (`previous_priorities`): as if they had no
    /// hosts, until none is left, and then from the start again.
    PriorityLoad without(List<Integer> tried) {
        int levels = healthy.length;
        boolean[] excluded = new boolean[levels];
        for (int priority : tried) {
            if (priority < levels) {
                excluded[priority] = true;
            }
            if (less(excluded).total() == 0) {
                excluded = new boolean[levels];
            }
        }
        var rest = less(excluded);
        if (rest.total() == 0) {
            return this;
        }
        var load = shareEvenly(rest);
        System.arraycopy(panic, 0, load.panic, 0, levels);
        return load;
    }

    private Availability less(boolean[] excluded) {
        int[] good = healthy.clone();
        int[] fair = degraded.clone();
        for (int i = 0; i < good.length; i++) {
            good[i] = excluded[i] ? 0 : availability.healthy[i];
            fair[i] = excluded[i] ? 0 : availability.degraded[i];
        }
        return new Availability(good, fair);
    }

    /// As `share`, but what rounding leaves over goes round again.
    private static PriorityLoad shareEvenly(Availability availability) {
        int levels = availability.healthy.length;
        var load =
                new PriorityLoad(
                        new int[levels], new int[levels], new boolean[levels], availability);
        int total = availability.total();
        int left = ALL;
        while (left > 0) {
            for (int i = 0; i < levels; i++) {
                int more = Math.min(left, availability.healthy[i] * ALL / total);
                load.healthy[i] += more;
                left -= more;
            }
            for (int i = 0; i < levels; i++) {
                int more = Math.min(left, availability.degraded[i] * ALL / total);
                load.degraded[i] += more;
                left -= more;
            }
        }
        return load;
    }

    /// Which priority, and whether its degraded hosts: the priority, or its complement (`~`).
    int choose(long hash) {
        long point = Long.remainderUnsigned(hash, ALL) + 1;
        int sum = 0;
        for (int i = 0; i < healthy.length; i++) {
            sum += healthy[i];
            if (point <= sum) {
                return i;
            }
        }
        for (int i = 0; i < degraded.length; i++) {
            sum += degraded[i];
            if (point <= sum) {
                return ~i;
            }
        }
        return 0;
    }
}
