package dev.ambit.control.resource.route;

/// Host names with wildcards, as Istio compares them: by the text after the asterisk.
public final class Hosts {
    private Hosts() {}

    public static boolean isWildcard(String host) {
        return host.startsWith("*");
    }

    /// Whether the two have a host in common.
    public static boolean match(String one, String other) {
        if (isWildcard(one) && isWildcard(other)) {
            var a = one.substring(1);
            var b = other.substring(1);
            return a.length() < b.length() ? b.endsWith(a) : a.endsWith(b);
        }
        if (isWildcard(one)) {
            return other.endsWith(one.substring(1));
        }
        return isWildcard(other) ? one.endsWith(other.substring(1)) : one.equals(other);
    }

    /// Whether all that `part` stands for is in `whole`.
    public static boolean within(String part, String whole) {
        if (!isWildcard(whole)) {
            return part.equals(whole);
        }
        return (isWildcard(part) ? part.substring(1) : part).endsWith(whole.substring(1));
    }
}
