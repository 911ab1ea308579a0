package dev.ambit.waypoint.upstream;

import java.util.Arrays;

/// Earliest deadline first: weighted round robin with any weights. Each pick takes the entry with
/// the earliest deadline and puts it back at `now + 1 / weight`; among equals the one that was put
/// back first. Entries are indexes. Of one loop.
final class EdfSchedule {
    /// The weight that an entry has now.
    interface Weight {
        double of(int index);
    }

    private final double[] deadlines;
    private final long[] orders;
    private final int[] entries;
    private int size;
    private long order;
    private double now;

    /// @param skip picks to make at once, so that loops don't all begin with the same entry
    EdfSchedule(int count, Weight weight, int skip) {
        deadlines = new double[count];
        orders = new long[count];
        entries = new int[count];
        for (int i = 0; i < count; i++) {
            double w = weight.of(i);
            if (w > 0) {
                add(i, 1 / w);
            }
        }
        for (int i = 0; i < skip && size > 0; i++) {
            pick(weight);
        }
    }

    boolean isEmpty() {
        return size == 0;
    }

    /// The next entry; -1 when there is none.
    int pick(Weight weight) {
        if (size == 0) {
            return -1;
        }
        int picked = entries[0];
        now = deadlines[0];
        double w = weight.of(picked);
        if (w > 0) {
            deadlines[0] = now + 1 / w;
            orders[0] = order++;
        } else {
            size--;
            copy(size, 0);
        }
        down();
        return picked;
    }

    private void add(int entry, double deadline) {
        int at = size++;
        deadlines[at] = deadline;
        orders[at] = order++;
        entries[at] = entry;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (!before(at, parent)) {
                return;
            }
            swap(at, parent);
            at = parent;
        }
    }

    private void down() {
        int at = 0;
        while (true) {
            int child = 2 * at + 1;
            if (child >= size) {
                return;
            }
            if (child + 1 < size && before(child + 1, child)) {
                child++;
            }
            if (!before(child, at)) {
                return;
            }
            swap(at, child);
            at = child;
        }
    }

    private boolean before(int a, int b) {
        return deadlines[a] < deadlines[b] || deadlines[a] == deadlines[b] && orders[a] < orders[b];
    }

    private void copy(int from, int to) {
        deadlines[to] = deadlines[from];
        orders[to] = orders[from];
        entries[to] = entries[from];
    }

    private void swap(int a, int b) {
        double deadline = deadlines[a];
        long o = orders[a];
        int entry = entries[a];
        copy(b, a);
        deadlines[b] = deadline;
        orders[b] = o;
        entries[b] = entry;
    }

    @Override
    public String toString() {
        return Arrays.toString(Arrays.copyOf(entries, size));
    }
}
