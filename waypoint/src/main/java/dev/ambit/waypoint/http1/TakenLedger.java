package dev.ambit.waypoint.http1;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Whose the bytes are that were written and not yet taken: bodies are their exchange's, heads and
/// framing nobody's. A ring of runs, in the order of writing.
final class TakenLedger {
    private @Nullable Turn[] owners = new @Nullable Turn[8];
    private int[] counts = new int[8];
    private int first;
    private int runs;
    private int total;

    /// @param owner null for framing
    void wrote(@Nullable Turn owner, int bytes) {
        if (bytes == 0) {
            return;
        }
        total += bytes;
        if (runs > 0) {
            int last = at(runs - 1);
            if (owners[last] == owner) {
                counts[last] += bytes;
                return;
            }
        }
        if (runs == counts.length) {
            grow();
        }
        int next = at(runs++);
        owners[next] = owner;
        counts[next] = bytes;
    }

    private int at(int run) {
        return (first + run) % counts.length;
    }

    private void grow() {
        var moreOwners = Arrays.copyOf(owners, 2 * runs);
        var moreCounts = new int[2 * runs];
        for (int i = 0; i < runs; i++) {
            moreOwners[i] = owners[at(i)];
            moreCounts[i] = counts[at(i)];
        }
        owners = moreOwners;
        counts = moreCounts;
        first = 0;
    }

    /// Tells each exchange what was taken of it.
    void taken(int bytes) {
        int left = Math.min(bytes, total);
        total -= left;
        Turn owner = null;
        int owned = 0;
        while (left > 0) {
            int some = Math.min(left, counts[first]);
            var whose = owners[first];
            left -= some;
            counts[first] -= some;
            if (counts[first] == 0) {
                owners[first] = null;
                first = (first + 1) % counts.length;
                runs--;
            }
            if (whose == null) {
                continue;
            }
            if (owner != null && owner != whose) {
                owner.inletTaken(owned);
                owned = 0;
            }
            owner = whose;
            owned += some;
        }
        if (owner != null) {
            owner.inletTaken(owned);
        }
    }

    int total() {
        return total;
    }
}
