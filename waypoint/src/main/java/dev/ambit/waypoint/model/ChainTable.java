package dev.ambit.waypoint.model;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/// Which chain a destination has: the matcher tree of `main_internal`.
///
/// First the CONNECT's authority as it was written, for services of other networks; then the most
/// specific range of the destination's address that knows the port.
public final class ChainTable {
    public static final ChainTable EMPTY =
            new ChainTable(Map.of(), List.of(), Inspection.NONE, Optional.empty());

    private final Map<String, PortRule> authorities;
    private final List<Range> ranges;
    private final Map<InetAddress, Range> exact = new HashMap<>();
    private final List<Range> wide;
    private final Inspection inspection;
    private final Optional<PortRule> otherwise;

    /// @param authorities `host:port` or `ip:port`
    /// @param ranges of destination addresses
    /// @param otherwise the listener's default chain; empty for none
    public ChainTable(
            Map<String, PortRule> authorities,
            List<Range> ranges,
            Inspection inspection,
            Optional<PortRule> otherwise) {
        this.authorities = Map.copyOf(authorities);
        this.ranges = List.copyOf(ranges);
        this.inspection = inspection;
        this.otherwise = otherwise;
        for (var range : ranges) {
            if (range.single()) {
                exact.putIfAbsent(range.prefix(), range);
            }
        }
        wide =
                ranges.stream()
                        .filter(range -> !range.single())
                        .sorted(Comparator.comparingInt(Range::length).reversed())
                        .toList();
    }

    /// @param prefix of which the first `length` bits count
    /// @param ports what is served where
    /// @param anyPort for ports that are not in `ports`; empty for none
    public record Range(
            InetAddress prefix,
            int length,
            Map<Integer, PortRule> ports,
            Optional<PortRule> anyPort) {
        public Range {
            int bits = 8 * prefix.getAddress().length;
            if (length < 0 || length > bits) {
                throw new IllegalArgumentException(
                        "prefix length " + length + " (expected: 0 to " + bits + ")");
            }
            ports = Map.copyOf(ports);
        }

        boolean single() {
            return length == 8 * prefix.getAddress().length;
        }

        boolean contains(InetAddress address) {
            byte[] own = prefix.getAddress();
            byte[] other = address.getAddress();
            if (own.length != other.length) {
                return false;
            }
            int whole = length / 8;
            for (int i = 0; i < whole; i++) {
                if (own[i] != other[i]) {
                    return false;
                }
            }
            int rest = length % 8;
            return rest == 0 || ((own[whole] ^ other[whole]) & 0xff) >> (8 - rest) == 0;
        }

        @Nullable PortRule rule(int port) {
            var rule = ports.get(port);
            return rule == null ? anyPort.orElse(null) : rule;
        }
    }

    /// What is known about a destination.
    public sealed interface Match {
        record Found(PortRule rule) implements Match {}

        /// The destination is known, but not this port.
        record NoPort() implements Match {}

        /// Nothing is known of the destination.
        record Nothing() implements Match {}
    }

    private static final Match NO_PORT = new Match.NoPort();
    private static final Match NOTHING = new Match.Nothing();

    /// @param authority of the CONNECT; empty on plain listeners
    /// @param destination null where the authority is a name
    public Match find(String authority, @Nullable InetSocketAddress destination) {
        if (!authorities.isEmpty()) {
            var rule = authorities.get(authority);
            if (rule != null) {
                return new Match.Found(rule);
            }
        }
        var match = destination == null ? NOTHING : byAddress(destination);
        if (match instanceof Match.Found || otherwise.isEmpty()) {
            return match;
        }
        return new Match.Found(otherwise.get());
    }

    private Match byAddress(InetSocketAddress destination) {
        var address = destination.getAddress();
        int port = destination.getPort();
        var single = exact.get(address);
        var rule = single == null ? null : single.rule(port);
        boolean known = single != null;
        for (int i = 0; rule == null && i < wide.size(); i++) {
            var range = wide.get(i);
            if (range.contains(address)) {
                known = true;
                rule = range.rule(port);
            }
        }
        return rule != null ? new Match.Found(rule) : known ? NO_PORT : NOTHING;
    }

    public Inspection inspection() {
        return inspection;
    }

    public Map<String, PortRule> authorities() {
        return authorities;
    }

    public List<Range> ranges() {
        return ranges;
    }

    /// Every rule, once.
    public SequencedSet<PortRule> rules() {
        var all = new LinkedHashSet<PortRule>(authorities.values());
        for (var range : ranges) {
            add(all, range.ports().values());
            range.anyPort().ifPresent(all::add);
        }
        otherwise.ifPresent(all::add);
        return all;
    }

    private static void add(SequencedSet<PortRule> all, Collection<PortRule> some) {
        all.addAll(some);
    }
}
