package dev.ambit.mesh.policy;

import dev.ambit.mesh.policy.Policy.StringMatch;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Rules by what they ask of a text: a look-up costs as much as the text is long, however many
/// values there are.
final class TextIndex {
    private final Map<String, int[]> exact = new HashMap<>();
    private final Node prefixes = new Node();
    private final Node suffixes = new Node();
    private int[] present = RuleIndex.NONE;

    private static final class Node {
        private final Map<Character, Node> children = new HashMap<>(2);
        private int[] ordinals = RuleIndex.NONE;
    }

    void put(StringMatch match, int[] ordinals) {
        switch (match) {
            case StringMatch.Exact(var text) -> exact.merge(text, ordinals, RuleIndex::merged);
            case StringMatch.Prefix(var text) -> {
                var node = prefixes;
                for (int i = 0; i < text.length(); i++) {
                    node = node.children.computeIfAbsent(text.charAt(i), _ -> new Node());
                }
                node.ordinals = RuleIndex.merged(node.ordinals, ordinals);
            }
            case StringMatch.Suffix(var text) -> {
                var node = suffixes;
                for (int i = text.length() - 1; i >= 0; i--) {
                    node = node.children.computeIfAbsent(text.charAt(i), _ -> new Node());
                }
                node.ordinals = RuleIndex.merged(node.ordinals, ordinals);
            }
            case StringMatch.Presence() -> present = RuleIndex.merged(present, ordinals);
        }
    }

    int visit(String text, RuleIndex.Visit visit, int best) {
        if (!exact.isEmpty()) {
            best = visit.at(exact.getOrDefault(text, RuleIndex.NONE), best);
        }
        if (!text.isEmpty()) {
            best = visit.at(present, best);
        }
        @Nullable Node node = prefixes;
        for (int i = 0; node != null; i++) {
            best = visit.at(node.ordinals, best);
            node = i == text.length() || node.children.isEmpty() ? null : child(node, text, i);
        }
        node = suffixes;
        for (int i = text.length() - 1; node != null; i--) {
            best = visit.at(node.ordinals, best);
            node = i < 0 || node.children.isEmpty() ? null : child(node, text, i);
        }
        return best;
    }

    private static @Nullable Node child(Node node, String text, int at) {
        return node.children.get(text.charAt(at));
    }
}
