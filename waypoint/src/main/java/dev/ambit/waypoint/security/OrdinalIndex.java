package dev.ambit.waypoint.security;

import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.security.PolicySlots.Key;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Policies by what they ask of a text: a look-up costs as much as the text is long, however many
/// values there are. Policies are known by their ordinals, in ascending order.
final class OrdinalIndex {
    static final int[] NONE = {};

    private final Map<String, int[]> exact = new HashMap<>();
    private final Map<String, int[]> folded = new HashMap<>();
    private final Node prefixes = new Node();
    private final Node suffixes = new Node();
    private boolean hasAffixes;

    /// Tries are of folded characters: candidates are asked again anyway.
    private static final class Node {
        private final Map<Character, Node> children = new HashMap<>(2);
        private int[] ordinals = NONE;
    }

    /// Takes candidates in ascending order, and the best answer so far.
    interface Visit {
        int at(int[] ordinals, int best);
    }

    static int[] merged(int[] a, int[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return Arrays.stream(all).sorted().distinct().toArray();
    }

    void put(Key key, int[] ordinals) {
        var text = key.text();
        switch (key.how()) {
            case EXACT -> exact.merge(text, ordinals, OrdinalIndex::merged);
            case FOLDED -> folded.merge(text, ordinals, OrdinalIndex::merged);
            case PREFIX -> {
                var node = prefixes;
                for (int i = 0; i < text.length(); i++) {
                    node = child(node, text.charAt(i));
                }
                end(node, ordinals);
            }
            case SUFFIX -> {
                var node = suffixes;
                for (int i = text.length() - 1; i >= 0; i--) {
                    node = child(node, text.charAt(i));
                }
                end(node, ordinals);
            }
        }
    }

    private static Node child(Node node, char c) {
        return node.children.computeIfAbsent(fold(c), _ -> new Node());
    }

    private void end(Node node, int[] ordinals) {
        hasAffixes = true;
        node.ordinals = merged(node.ordinals, ordinals);
    }

    private static char fold(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
    }

    int visit(@Nullable String text, Visit visit, int best) {
        if (text == null) {
            return best;
        }
        if (!exact.isEmpty()) {
            best = visit.at(exact.getOrDefault(text, NONE), best);
        }
        if (!folded.isEmpty()) {
            best = visit.at(folded.getOrDefault(Ascii.lower(text), NONE), best);
        }
        return hasAffixes ? affixes(text, visit, best) : best;
    }

    private int affixes(String text, Visit visit, int best) {
        @Nullable Node node = prefixes;
        for (int i = 0; node != null; i++) {
            best = visit.at(node.ordinals, best);
            node =
                    i == text.length() || node.children.isEmpty()
                            ? null
                            : node.children.get(fold(text.charAt(i)));
        }
        node = suffixes;
        for (int i = text.length() - 1; node != null; i--) {
            best = visit.at(node.ordinals, best);
            node =
                    i < 0 || node.children.isEmpty()
                            ? null
                            : node.children.get(fold(text.charAt(i)));
        }
        return best;
    }
}
