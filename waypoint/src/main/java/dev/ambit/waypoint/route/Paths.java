package dev.ambit.waypoint.route;

/// The parts of a request's path.
final class Paths {
    private Paths() {}

    /// Where the query or the fragment begins, or the end.
    static int end(String path) {
        for (int at = 0; at < path.length(); at++) {
            char c = path.charAt(at);
            if (c == '?' || c == '#') {
                return at;
            }
        }
        return path.length();
    }

    static String withoutQuery(String path) {
        int end = end(path);
        return end == path.length() ? path : path.substring(0, end);
    }
}
