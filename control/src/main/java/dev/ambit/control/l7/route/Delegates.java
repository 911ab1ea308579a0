package dev.ambit.control.l7.route;

import dev.ambit.control.resource.route.HttpMatch;
import dev.ambit.control.resource.route.RouteLimits;
import dev.ambit.control.resource.route.TextMatch;
import dev.ambit.control.resource.route.VirtualService.Http;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// A delegate's rules under the rule that delegates to them: they match what both match, and take
/// from it what they don't say themselves.
final class Delegates {
    private Delegates() {}

    /// Empty when the two can't both match (or do so in too many ways).
    static Optional<Http> merge(Http root, Http leaf) {
        var matches = matches(root.matches(), leaf.matches());
        if (matches.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                new Http(
                        joined(root.name(), leaf.name()),
                        matches.get(),
                        leaf.targets(),
                        leaf.redirect(),
                        leaf.response().or(root::response),
                        Optional.empty(),
                        leaf.rewrite().or(root::rewrite),
                        leaf.timeout().or(root::timeout),
                        leaf.retry().or(root::retry),
                        leaf.fault().or(root::fault),
                        leaf.mirroring().orElse(root.mirroring()),
                        leaf.cors().or(root::cors),
                        leaf.headers().or(root::headers)));
    }

    /// Every match of the leaf must fit at least one of the root's.
    private static Optional<List<HttpMatch>> matches(List<HttpMatch> root, List<HttpMatch> leaf) {
        if (root.isEmpty()) {
            return Optional.of(leaf);
        }
        if (leaf.isEmpty()) {
            return Optional.of(root);
        }
        if ((long) root.size() * leaf.size() > RouteLimits.DEFAULT.matches()) {
            return Optional.empty();
        }
        var merged = new ArrayList<HttpMatch>();
        for (var own : leaf) {
            int before = merged.size();
            for (var outer : root) {
                if (!conflict(outer, own)) {
                    merged.add(merge(outer, own));
                }
            }
            if (merged.size() == before) {
                return Optional.empty();
            }
        }
        return Optional.of(merged);
    }

    private static HttpMatch merge(HttpMatch root, HttpMatch leaf) {
        var labels = new TreeMap<>(root.sourceLabels());
        labels.putAll(leaf.sourceLabels());
        return new HttpMatch(
                joined(root.name(), leaf.name()),
                leaf.uri().or(root::uri),
                leaf.scheme().or(root::scheme),
                leaf.method().or(root::method),
                leaf.authority().or(root::authority),
                joined(root.headers(), leaf.headers()),
                joined(root.without(), leaf.without()),
                joined(root.query(), leaf.query()),
                leaf.ignoreUriCase(),
                leaf.port() == 0 ? root.port() : leaf.port(),
                labels,
                leaf.sourceNamespace().isEmpty() ? root.sourceNamespace() : leaf.sourceNamespace(),
                leaf.gateways().isEmpty() ? root.gateways() : leaf.gateways(),
                leaf.statPrefix().isEmpty() ? root.statPrefix() : leaf.statPrefix());
    }

    private static String joined(String root, String leaf) {
        if (leaf.isEmpty() || root.isEmpty()) {
            return leaf.isEmpty() ? root : leaf;
        }
        return root + "-" + leaf;
    }

    private static SortedMap<String, TextMatch> joined(
            SortedMap<String, TextMatch> root, SortedMap<String, TextMatch> leaf) {
        var all = new TreeMap<>(root);
        all.putAll(leaf);
        return all;
    }

    private static boolean conflict(HttpMatch root, HttpMatch leaf) {
        return conflict(root.uri(), leaf.uri())
                || conflict(root.scheme(), leaf.scheme())
                || conflict(root.method(), leaf.method())
                || conflict(root.authority(), leaf.authority())
                || conflict(root.headers(), leaf.headers())
                || conflict(root.without(), leaf.without())
                || conflict(root.query(), leaf.query())
                || root.ignoreUriCase() != leaf.ignoreUriCase()
                || (root.port() != 0 && leaf.port() != 0 && root.port() != leaf.port())
                || (!root.sourceNamespace().isEmpty()
                        && !root.sourceNamespace().equals(leaf.sourceNamespace()))
                || differ(root.sourceLabels(), leaf.sourceLabels())
                || (!root.gateways().isEmpty()
                        && !leaf.gateways().isEmpty()
                        && (root.gateways().size() < leaf.gateways().size()
                                || !new HashSet<>(root.gateways()).containsAll(leaf.gateways())));
    }

    private static boolean differ(Map<String, String> root, Map<String, String> leaf) {
        return leaf.entrySet().stream()
                .anyMatch(e ->
                        root.containsKey(e.getKey()) && !e.getValue().equals(root.get(e.getKey())));
    }

    private static boolean conflict(
            SortedMap<String, TextMatch> root, SortedMap<String, TextMatch> leaf) {
        return leaf.entrySet().stream()
                .anyMatch(e ->
                        conflict(
                                Optional.ofNullable(root.get(e.getKey())),
                                Optional.of(e.getValue())));
    }

    /// As istiod sees it: only a leaf that is plainly within the root is none.
    private static boolean conflict(Optional<TextMatch> root, Optional<TextMatch> leaf) {
        if (root.isEmpty() || leaf.isEmpty()) {
            return false;
        }
        return switch (root.get()) {
            case TextMatch.Exact outer when !outer.value().isEmpty() -> !leaf.get().equals(outer);
            case TextMatch.Prefix outer when !outer.value().isEmpty() ->
                    !switch (leaf.get()) {
                        case TextMatch.Exact own ->
                                !own.value().isEmpty() && own.value().startsWith(outer.value());
                        case TextMatch.Prefix own ->
                                !own.value().isEmpty() && own.value().startsWith(outer.value());
                        case TextMatch.Regex own -> false;
                        case TextMatch.Present own -> false;
                    };
            case TextMatch.Exact outer -> true;
            case TextMatch.Prefix outer -> true;
            case TextMatch.Regex outer -> true;
            case TextMatch.Present outer -> true;
        };
    }
}
