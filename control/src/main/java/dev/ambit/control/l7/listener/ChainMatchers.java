package dev.ambit.control.l7.listener;

import com.github.xds.core.v3.CidrRange;
import com.github.xds.core.v3.TypedExtensionConfig;
import com.github.xds.type.matcher.v3.IPMatcher;
import com.github.xds.type.matcher.v3.Matcher;
import com.github.xds.type.matcher.v3.Matcher.MatcherTree;
import com.github.xds.type.matcher.v3.Matcher.OnMatch;
import com.google.protobuf.Message;
import com.google.protobuf.StringValue;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.resource.Addresses;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.ApplicationProtocolInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.DestinationIPInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.FilterStateInput;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which chain of filters takes a connection, in the proxy's words.
final class ChainMatchers {
    private static final TypedExtensionConfig IP =
            input("ip", DestinationIPInput.getDefaultInstance());
    private static final TypedExtensionConfig PORT =
            input("port", DestinationPortInput.getDefaultInstance());
    private static final TypedExtensionConfig PROTOCOL =
            input("application-protocol", ApplicationProtocolInput.getDefaultInstance());
    private static final TypedExtensionConfig AUTHORITY =
            input(
                    "authority-filter-state",
                    FilterStateInput.newBuilder().setKey(FilterStates.AUTHORITY).build());
    private static final TypedExtensionConfig SOURCE =
            input(
                    "request-source-filter-state",
                    FilterStateInput.newBuilder().setKey(FilterStates.SOURCE).build());

    private ChainMatchers() {}

    private static TypedExtensionConfig input(String name, Message config) {
        return TypedExtensionConfig.newBuilder()
                .setName(name)
                .setTypedConfig(Protos.any(config))
                .build();
    }

    static OnMatch chain(String name) {
        return OnMatch.newBuilder().setAction(input(name, StringValue.of(name))).build();
    }

    /// By what the first bytes look like.
    static OnMatch protocol(String tcp, String http, boolean http10) {
        var map = MatcherTree.MatchMap.newBuilder();
        // As the HTTP inspector writes them, with the quotes.
        map.putMap("'h2c'", chain(http)).putMap("'http/1.1'", chain(http));
        if (http10) {
            map.putMap("'http/1.0'", chain(http));
        }
        return onMatch(
                Matcher.newBuilder()
                        .setMatcherTree(tree(PROTOCOL, map.build()))
                        .setOnNoMatch(chain(tcp))
                        .build());
    }

    /// By who has seen the request before.
    static OnMatch source(Map<String, OnMatch> bySource, OnMatch otherwise) {
        return onMatch(
                Matcher.newBuilder()
                        .setMatcherTree(tree(SOURCE, map(bySource)))
                        .setOnNoMatch(otherwise)
                        .build());
    }

    static IPMatcher.IPRangeMatcher ports(List<String> addresses, Map<String, OnMatch> byPort) {
        return range(
                addresses,
                onMatch(Matcher.newBuilder().setMatcherTree(tree(PORT, map(byPort))).build()));
    }

    static IPMatcher.IPRangeMatcher range(List<String> addresses, OnMatch then) {
        var matcher = IPMatcher.IPRangeMatcher.newBuilder().setOnMatch(then);
        for (var address : addresses) {
            cidr(address).ifPresent(matcher::addRanges);
        }
        return matcher.build();
    }

    private static Optional<CidrRange> cidr(String address) {
        return Addresses.range(address)
                .map(range ->
                        CidrRange.newBuilder()
                                .setAddressPrefix(range.address().getHostAddress())
                                .setPrefixLen(Protos.uint32(range.prefixLength()))
                                .build());
    }

    /// By address, after the tunnel's authority where the same address may be in two networks.
    static Matcher destination(IPMatcher byAddress, Map<String, OnMatch> byAuthority) {
        var addresses =
                Matcher.newBuilder()
                        .setMatcherTree(
                                MatcherTree.newBuilder()
                                        .setInput(IP)
                                        .setCustomMatch(input("ip", byAddress)))
                        .build();
        return byAuthority.isEmpty()
                ? addresses
                : Matcher.newBuilder()
                        .setMatcherTree(tree(AUTHORITY, map(byAuthority)))
                        .setOnNoMatch(onMatch(addresses))
                        .build();
    }

    private static MatcherTree tree(TypedExtensionConfig input, MatcherTree.MatchMap map) {
        return MatcherTree.newBuilder().setInput(input).setExactMatchMap(map).build();
    }

    private static MatcherTree.MatchMap map(Map<String, OnMatch> entries) {
        return MatcherTree.MatchMap.newBuilder().putAllMap(entries).build();
    }

    private static OnMatch onMatch(Matcher matcher) {
        return OnMatch.newBuilder().setMatcher(matcher).build();
    }
}
