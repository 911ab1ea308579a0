package dev.ambit.control.compile;

import java.util.List;

/// Where two lists differ: what is between a beginning and an end that hold the same instances. A
/// single change among many thousand is found without looking into any of them.
///
/// @param head how many at the beginning are the same
/// @param tail how many at the end are the same
public record Window(int head, int tail) {
    @SuppressWarnings("ReferenceEquality") // equal ones that are not the same count as changed
    public static <T> Window of(List<T> before, List<T> after) {
        int most = Math.min(before.size(), after.size());
        int head = 0;
        while (head < most && before.get(head) == after.get(head)) {
            head++;
        }
        int tail = 0;
        while (tail < most - head
                && before.get(before.size() - 1 - tail) == after.get(after.size() - 1 - tail)) {
            tail++;
        }
        return new Window(head, tail);
    }

    /// Of one of the two lists.
    public <T> List<T> of(List<T> list) {
        return list.subList(head, list.size() - tail);
    }

    public <T> List<T> head(List<T> list) {
        return list.subList(0, head);
    }

    public <T> List<T> tail(List<T> list) {
        return list.subList(list.size() - tail, list.size());
    }
}
