package dev.ambit.control.resource.traffic;

import dev.ambit.control.resource.Fields;
import java.util.Arrays;
import java.util.List;

/// Localities in rules: `region`, `region/zone`, `region/zone/subzone`, with `*` at the end.
final class Localities {
    private static final int DEPTH = 3;

    private Localities() {}

    /// Refuses lists in which a place could belong to two entries.
    static void requireApart(Fields fields, String name, List<String> localities) {
        for (int i = 0; i < localities.size(); i++) {
            var parts = localities.get(i).split("/", DEPTH);
            boolean wildcardInside =
                    localities.get(i).indexOf('*') >= 0
                            && localities.get(i).indexOf('*') < localities.get(i).length() - 1;
            if (wildcardInside || Arrays.asList(parts).contains("")) {
                throw fields.bad(
                        name,
                        "'"
                                + localities.get(i)
                                + "' (expected: region/zone/subzone, with * only at the end)");
            }
            for (var earlier : localities.subList(0, i)) {
                if (overlap(earlier.split("/", DEPTH), parts)) {
                    throw fields.bad(
                            name,
                            "'"
                                    + localities.get(i)
                                    + "' overlaps with '"
                                    + earlier
                                    + "' (expected: localities apart from each other)");
                }
            }
        }
    }

    private static boolean overlap(String[] one, String[] other) {
        for (int i = 0; i < Math.min(one.length, other.length); i++) {
            if (one[i].equals("*") || other[i].equals("*")) {
                return true;
            }
            if (!one[i].equals(other[i])) {
                return false;
            }
        }
        return true;
    }
}
