package dev.ambit.waypoint.xds.listener;

import com.github.xds.type.matcher.v3.IPMatcher;
import com.github.xds.type.matcher.v3.Matcher;
import com.github.xds.type.matcher.v3.Matcher.MatcherTree;
import com.github.xds.type.matcher.v3.Matcher.OnMatch;
import com.google.protobuf.StringValue;
import dev.ambit.waypoint.model.ChainTable;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.FilterStateInput;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The matcher tree of `main_internal`, as istiod shapes it: the CONNECT's authority first, where
/// there are several networks; then the destination's address, its port, what is spoken there, and
/// at east-west gateways who sent it.
final class MatcherCompiler {
    private static final String INPUTS = "envoy.extensions.matching.common_inputs.network.v3.";
    private static final String IP_INPUT = INPUTS + "DestinationIPInput";
    private static final String PORT_INPUT = INPUTS + "DestinationPortInput";
    private static final String PROTOCOL_INPUT = INPUTS + "ApplicationProtocolInput";
    private static final String STATE_INPUT = INPUTS + "FilterStateInput";
    private static final String IP_MATCHER = "xds.type.matcher.v3.IPMatcher";
    private static final String AUTHORITY = "io.istio.connect_authority";
    private static final String SOURCE = "io.istio.source";

    private final Map<String, CompiledChain> chains;

    MatcherCompiler(Map<String, CompiledChain> chains) {
        this.chains = chains;
    }

    record Tables(Map<String, PortRule> authorities, List<ChainTable.Range> ranges) {}

    Tables compile(Matcher matcher) throws Refused {
        var authorities = new LinkedHashMap<String, PortRule>();
        @Nullable Matcher rest = matcher;
        if (input(matcher).equals(STATE_INPUT)) {
            key(matcher.getMatcherTree(), AUTHORITY);
            for (var entry : exact(matcher).entrySet()) {
                authorities.put(entry.getKey(), rule(entry.getValue()));
            }
            rest = matcher.hasOnNoMatch() ? nested(matcher.getOnNoMatch()) : null;
        }
        return new Tables(authorities, rest == null ? List.of() : ranges(rest));
    }

    private List<ChainTable.Range> ranges(Matcher matcher) throws Refused {
        if (!input(matcher).equals(IP_INPUT)) {
            throw new Refused("matcher_tree.input", input(matcher), IP_INPUT);
        }
        if (matcher.hasOnNoMatch()) {
            throw new Refused("on_no_match", "something", "nothing, beside addresses");
        }
        var custom = matcher.getMatcherTree().getCustomMatch().getTypedConfig();
        if (!CompileScope.type(custom).equals(IP_MATCHER)) {
            throw new Refused("matcher_tree.custom_match", CompileScope.type(custom), IP_MATCHER);
        }
        var ips = CompileScope.unpack("custom_match", custom, IPMatcher.parser());
        var merged = new LinkedHashMap<Prefix, ChainTable.Range>();
        for (var each : ips.getRangeMatchersList()) {
            if (each.getExclusive()) {
                throw new Refused("range_matchers.exclusive", "true", "false");
            }
            var ports = new HashMap<Integer, PortRule>();
            var any = ports(each.getOnMatch(), ports);
            for (var range : each.getRangesList()) {
                var address = address(range.getAddressPrefix());
                int length =
                        range.hasPrefixLen()
                                ? range.getPrefixLen().getValue()
                                : 8 * address.getAddress().length;
                var next = range(address, length, ports, any);
                merged.merge(new Prefix(address, length), next, MatcherCompiler::first);
            }
        }
        return List.copyOf(merged.values());
    }

    private record Prefix(InetAddress address, int length) {}

    private static ChainTable.Range range(
            InetAddress address, int length, Map<Integer, PortRule> ports, Optional<PortRule> any)
            throws Refused {
        try {
            return new ChainTable.Range(address, length, ports, any);
        } catch (IllegalArgumentException length33) {
            throw new Refused(
                    "ranges.prefix_len",
                    Integer.toUnsignedString(length),
                    "0 to " + 8 * address.getAddress().length);
        }
    }

    /// Two entries for one address: the earlier one says first.
    private static ChainTable.Range first(ChainTable.Range one, ChainTable.Range other) {
        var ports = new HashMap<>(other.ports());
        ports.putAll(one.ports());
        return new ChainTable.Range(
                one.prefix(), one.length(), ports, one.anyPort().or(other::anyPort));
    }

    private static InetAddress address(String text) throws Refused {
        var address = NetUtil.createInetAddressFromIpAddressString(text);
        if (address == null) {
            throw new Refused("ranges.address_prefix", text, "an IP address");
        }
        return address;
    }

    /// @return the rule for all other ports
    private Optional<PortRule> ports(OnMatch onMatch, Map<Integer, PortRule> into) throws Refused {
        if (!onMatch.hasMatcher() || !input(onMatch.getMatcher()).equals(PORT_INPUT)) {
            return Optional.of(rule(onMatch));
        }
        var matcher = onMatch.getMatcher();
        for (var entry : exact(matcher).entrySet()) {
            into.put(port(entry.getKey()), rule(entry.getValue()));
        }
        return matcher.hasOnNoMatch()
                ? Optional.of(rule(matcher.getOnNoMatch()))
                : Optional.empty();
    }

    private static int port(String text) throws Refused {
        try {
            int port = Integer.parseInt(text);
            if (port > 0 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException notANumber) {
            // Below.
        }
        throw new Refused("exact_match_map", text, "a port, 1 to 65535");
    }

    private PortRule rule(OnMatch onMatch) throws Refused {
        if (onMatch.hasAction()) {
            return simple(chain(onMatch));
        }
        var matcher = nested(onMatch);
        return switch (input(matcher)) {
            case PROTOCOL_INPUT -> auto(matcher);
            case STATE_INPUT -> bySource(matcher);
            default ->
                    throw new Refused(
                            "matcher_tree.input",
                            input(matcher),
                            PROTOCOL_INPUT + " or " + STATE_INPUT);
        };
    }

    private static Matcher nested(OnMatch onMatch) throws Refused {
        if (!onMatch.hasMatcher()) {
            throw new Refused("on_match", onMatch.getOnMatchCase().name(), "a matcher");
        }
        return onMatch.getMatcher();
    }

    private static PortRule simple(CompiledChain chain) {
        return switch (chain.kind()) {
            case CompiledChain.Kind.Http(var http) -> new PortRule.Http(http);
            case CompiledChain.Kind.Tcp(var tcp) -> new PortRule.Tcp(tcp);
        };
    }

    private PortRule auto(Matcher matcher) throws Refused {
        var versions = EnumSet.noneOf(PortRule.Spoken.class);
        @Nullable CompiledChain http = null;
        for (var entry : exact(matcher).entrySet()) {
            versions.add(spoken(entry.getKey()));
            var chain = chain(entry.getValue());
            if (http != null && http != chain) {
                throw new Refused(
                        "exact_match_map", chain.name(), http.name() + ", as for other versions");
            }
            http = chain;
        }
        if (http == null || !(http.kind() instanceof CompiledChain.Kind.Http(var httpChain))) {
            throw new Refused(
                    "exact_match_map", http == null ? "nothing" : http.name(), "a chain for HTTP");
        }
        if (!matcher.hasOnNoMatch()) {
            throw new Refused("on_no_match", "nothing", "the chain for what is not HTTP");
        }
        var tcp = chain(matcher.getOnNoMatch());
        if (!(tcp.kind() instanceof CompiledChain.Kind.Tcp(var tcpChain))) {
            throw new Refused("on_no_match", tcp.name(), "a chain for bytes");
        }
        return new PortRule.Auto(httpChain, tcpChain, Set.copyOf(versions));
    }

    private static PortRule.Spoken spoken(String protocol) throws Refused {
        return switch (protocol) {
            case "'h2c'" -> PortRule.Spoken.H2C;
            case "'http/1.1'" -> PortRule.Spoken.HTTP_1_1;
            case "'http/1.0'" -> PortRule.Spoken.HTTP_1_0;
            default ->
                    throw new Refused(
                            "exact_match_map", protocol, "'h2c', 'http/1.1' or 'http/1.0'");
        };
    }

    private PortRule bySource(Matcher matcher) throws Refused {
        key(matcher.getMatcherTree(), SOURCE);
        var sources = new HashMap<String, PortRule>();
        for (var entry : exact(matcher).entrySet()) {
            sources.put(entry.getKey(), simple(chain(entry.getValue())));
        }
        if (!matcher.hasOnNoMatch()) {
            throw new Refused("on_no_match", "nothing", "the chain for other senders");
        }
        return new PortRule.BySource(Map.copyOf(sources), simple(chain(matcher.getOnNoMatch())));
    }

    private CompiledChain chain(OnMatch onMatch) throws Refused {
        if (!onMatch.hasAction()) {
            throw new Refused("on_match", onMatch.getOnMatchCase().name(), "an action");
        }
        var config = onMatch.getAction().getTypedConfig();
        if (!CompileScope.type(config).equals("google.protobuf.StringValue")) {
            throw new Refused(
                    "action", CompileScope.type(config), "google.protobuf.StringValue: a chain");
        }
        var name = CompileScope.unpack("action", config, StringValue.parser()).getValue();
        var chain = chains.get(name);
        if (chain == null) {
            throw new Refused("action", name, "the name of one of the filter chains");
        }
        return chain;
    }

    /// The type of what is compared; empty where it is not a tree.
    private static String input(Matcher matcher) {
        return matcher.hasMatcherTree()
                ? CompileScope.type(matcher.getMatcherTree().getInput().getTypedConfig())
                : "";
    }

    private static Map<String, OnMatch> exact(Matcher matcher) throws Refused {
        var tree = matcher.getMatcherTree();
        if (!tree.hasExactMatchMap()) {
            throw new Refused("matcher_tree", tree.getTreeTypeCase().name(), "an exact_match_map");
        }
        return new LinkedHashMap<>(tree.getExactMatchMap().getMapMap());
    }

    private static void key(MatcherTree tree, String expected) throws Refused {
        var input =
                CompileScope.unpack(
                        "matcher_tree.input",
                        tree.getInput().getTypedConfig(),
                        FilterStateInput.parser());
        if (!input.getKey().equals(expected)) {
            throw new Refused("matcher_tree.input.key", input.getKey(), expected);
        }
    }
}
