package dev.ambit.waypoint.route;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A virtual host's routes in their order. The first that matches counts, and is found without a
/// look at those whose path can't match: routes hang in a tree of the letters that their paths
/// begin with, and of all that hang on a request's way the first is taken.
public final class RouteIndex {
    private final Route[] routes;
    private final Node root;

    private static final class Node {
        /// Letters between the parent and here.
        final String label;

        /// Positions, ascending, of routes that are guarded by the way to here.
        int[] here = {};

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
        return new RouteIndex(
                routes.toArray(Route[]::new), node("", 0, guards, positions, 0, guards.length));
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
            for (int position : node.here) {
                if (position >= best) {
                    break;
                }
                if (routes[position].match().matches(path, request, info, random)) {
                    best = position;
                    break;
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
}
