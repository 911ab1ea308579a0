package dev.ambit.waypoint.route;

import dev.ambit.waypoint.match.Ascii;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A chain's routes (`envoy.config.route.v3.RouteConfiguration`).
public final class RouteTable {
    private final String name;
    private final List<VirtualHost> hosts;
    private final Options options;
    private final Map<String, VirtualHost> exact = new HashMap<>();
    private final List<Wildcard> suffixes = new ArrayList<>();
    private final List<Wildcard> prefixes = new ArrayList<>();
    private final @Nullable VirtualHost any;

    /// @param ignorePort whether a host is looked up without its port
    /// @param ignorePathParameters whether a path is matched without what follows a `;`
    /// @param hostHeader a request header that is looked up instead of the authority; empty for
    ///   none
    public record Options(boolean ignorePort, boolean ignorePathParameters, String hostHeader) {
        public static final Options DEFAULT = new Options(false, false, "");
    }

    private record Wildcard(String part, VirtualHost host) {}

    /// @throws IllegalArgumentException if two hosts have the same domain
    public RouteTable(String name, List<VirtualHost> hosts, Options options) {
        this.name = name;
        this.hosts = List.copyOf(hosts);
        this.options = options;
        VirtualHost wildest = null;
        var seen = new HashMap<String, VirtualHost>();
        for (var host : hosts) {
            for (var domain : host.domains()) {
                if (seen.put(domain, host) != null) {
                    throw new IllegalArgumentException(
                            "domain '" + domain + "': expected once in all virtual hosts");
                }
                if (domain.equals("*")) {
                    wildest = host;
                } else if (domain.startsWith("*")) {
                    suffixes.add(new Wildcard(domain.substring(1), host));
                } else if (domain.endsWith("*")) {
                    prefixes.add(new Wildcard(domain.substring(0, domain.length() - 1), host));
                } else {
                    exact.put(domain, host);
                }
            }
        }
        this.any = wildest;
        var longestFirst = Comparator.<Wildcard>comparingInt(w -> -w.part().length());
        suffixes.sort(longestFirst);
        prefixes.sort(longestFirst);
    }

    public String name() {
        return name;
    }

    public List<VirtualHost> hosts() {
        return hosts;
    }

    public Options options() {
        return options;
    }

    /// @param authority as it came
    @Nullable VirtualHost host(String authority) {
        if (exact.isEmpty() && suffixes.isEmpty() && prefixes.isEmpty()) {
            return any;
        }
        var host = Ascii.lower(options.ignorePort() ? withoutPort(authority) : authority);
        var found = exact.get(host);
        if (found != null) {
            return found;
        }
        for (int at = 0; at < suffixes.size(); at++) {
            var suffix = suffixes.get(at);
            if (host.length() > suffix.part().length() && host.endsWith(suffix.part())) {
                return suffix.host();
            }
        }
        for (int at = 0; at < prefixes.size(); at++) {
            var prefix = prefixes.get(at);
            if (host.length() > prefix.part().length() && host.startsWith(prefix.part())) {
                return prefix.host();
            }
        }
        return any;
    }

    private static String withoutPort(String authority) {
        int colon = authority.lastIndexOf(':');
        return colon < 0 || authority.indexOf(']', colon) >= 0
                ? authority
                : authority.substring(0, colon);
    }
}
