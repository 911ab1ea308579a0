package dev.ambit.waypoint.route;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.match.HeaderMatch;
import dev.ambit.waypoint.match.TextMatch;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A virtual host's routes in their order. The first that matches counts, and is found without a
/// look at those whose path can't match: routes hang in a tree of the letters that their paths
/// begin with, and of all that hang on a request's way the first is taken. Where many hang in one
/// place, those that want an exact value of a header are found by it.
public final class RouteIndex {
    /// Below so many routes in one place, looking at each is quicker.
    private static final int WORTH_SPLITTING = 8;

    private final Route[] routes;
    private final Node root;

    private static final class Node {
        /// Letters between the parent and here.
        final String label;

        /// Positions, ascending, of routes that are guarded by the way to here.
        int[] here = {};

        /// More of them, that want an exact value of a header.
        HeaderValues[] byHeader = {};

        /// By the first letter of their labels, ascending.
        char[] firsts = {};

        Node[] children = {};

        Node(String label) {
            this.label = label;
        }

        @Nullable Node child(char first) {
            int at = Arrays.binarySearch(firsts, first);
            return at < 0 ? null : children[at];
        }
    }

    /// Routes by the value of a header, which each of them wants to be exactly that.
    private record HeaderValues(String name, Map<String, int[]> positions) {
        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    private RouteIndex(Route[] routes, Node root) {
        this.routes = routes;
        this.root = root;
    }

    public static RouteIndex of(List<Route> routes) {
        var byGuard = new TreeMap<String, int[]>();
        for (int at = 0; at < routes.size(); at++) {
            byGuard.merge(
                    routes.get(at).match().path().guard(), new int[] {at}, RouteIndex::joined);
        }
        var guards = byGuard.keySet().toArray(String[]::new);
        var positions = byGuard.values().toArray(int[][]::new);
        var all = routes.toArray(Route[]::new);
        var root = node("", 0, guards, positions, 0, guards.length);
        splitByHeaders(root, all);
        return new RouteIndex(all, root);
    }

    private static void splitByHeaders(Node node, Route[] routes) {
        if (node.here.length >= WORTH_SPLITTING) {
            splitHere(node, routes);
        }
        for (var child : node.children) {
            splitByHeaders(child, routes);
        }
    }

    /// A route goes where the fewest others go.
    private static void splitHere(Node node, Route[] routes) {
        var counts = new HashMap<String, Integer>();
        for (int position : node.here) {
            for (var match : routes[position].match().headers()) {
                exact(match).ifPresent(v -> counts.merge(match.name() + ':' + v, 1, Integer::sum));
            }
        }
        var rest = new int[0];
        var byName = new TreeMap<String, Map<String, int[]>>();
        for (int position : node.here) {
            HeaderMatch rarest = null;
            int least = Integer.MAX_VALUE;
            for (var match : routes[position].match().headers()) {
                var value = exact(match);
                int count =
                        value.isEmpty()
                                ? Integer.MAX_VALUE
                                : counts.getOrDefault(match.name() + ':' + value.get(), 0);
                if (count < least) {
                    least = count;
                    rarest = match;
                }
            }
            if (rarest == null) {
                rest = joined(rest, new int[] {position});
            } else {
                byName.computeIfAbsent(rarest.name(), _ -> new HashMap<>())
                        .merge(
                                exact(rarest).orElseThrow(),
                                new int[] {position},
                                RouteIndex::joined);
            }
        }
        node.here = rest;
        node.byHeader =
                byName.entrySet().stream()
                        .map(e -> new HeaderValues(e.getKey(), Map.copyOf(e.getValue())))
                        .toArray(HeaderValues[]::new);
    }

    /// The one value that a header must have; empty where there are others, or it may be missing.
    private static Optional<String> exact(HeaderMatch match) {
        return match.test() instanceof HeaderMatch.Test.Text(TextMatch.Exact(var value))
                        && !match.invert()
                        && !match.missingAsEmpty()
                ? Optional.of(value)
                : Optional.empty();
    }

    private static int[] joined(int[] one, int[] other) {
        var all = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, all, one.length, other.length);
        return all;
    }

    /// @param depth letters that all of the guards `from` to `to`, which are sorted, have in common
    private static Node node(
            String label, int depth, String[] guards, int[][] positions, int from, int to) {
        var node = new Node(label);
        int at = from;
        if (at < to && guards[at].length() == depth) {
            node.here = positions[at];
            at++;
        }
        int count = 0;
        var firsts = new char[to - at];
        var children = new Node[to - at];
        while (at < to) {
            char first = guards[at].charAt(depth);
            int end = at + 1;
            while (end < to && guards[end].charAt(depth) == first) {
                end++;
            }
            int common = common(guards[at], guards[end - 1], depth);
            firsts[count] = first;
            children[count++] =
                    node(guards[at].substring(depth, common), common, guards, positions, at, end);
            at = end;
        }
        node.firsts = Arrays.copyOf(firsts, count);
        node.children = Arrays.copyOf(children, count);
        return node;
    }

    private static int common(String one, String other, int from) {
        int at = from;
        while (at < one.length() && at < other.length() && one.charAt(at) == other.charAt(at)) {
            at++;
        }
        return at;
    }

    public List<Route> routes() {
        return List.of(routes);
    }

    /// @param random the exchange's random value
    public @Nullable Route find(RequestHead request, StreamInfo info, long random) {
        return find(Paths.withoutQuery(request.path()), request, info, random);
    }

    /// @param path the one to be matched
    @Nullable Route find(String path, RequestHead request, StreamInfo info, long random) {
        int best = routes.length;
        int depth = 0;
        Node node = root;
        while (node != null) {
            best = first(node.here, best, path, request, info, random);
            for (var values : node.byHeader) {
                var value = request.get(values.name());
                var positions = value == null ? null : values.positions().get(value);
                if (positions != null) {
                    best = first(positions, best, path, request, info, random);
                }
            }
            node = depth < path.length() ? node.child(path.charAt(depth)) : null;
            if (node != null) {
                if (!path.startsWith(node.label, depth)) {
                    break;
                }
                depth += node.label.length();
            }
        }
        return best == routes.length ? null : routes[best];
    }

    /// The first of some routes that matches, or `best` where none before it does.
    private int first(
            int[] positions,
            int best,
            String path,
            RequestHead request,
            StreamInfo info,
            long random) {
        for (int position : positions) {
            if (position >= best) {
                break;
            }
            if (routes[position].match().matches(path, request, info, random)) {
                return position;
            }
        }
        return best;
    }
}
