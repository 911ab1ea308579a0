package dev.ambit.waypoint.xds.listener;

import dev.ambit.waypoint.model.Originate;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TunnelingConfig;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The internal listeners that put bytes into tunnels. Here a tunnel is opened where the bytes are,
/// so all that matters of these listeners is what they ask with.
final class OriginateCompiler {
    static final String ORIGINATE = "connect_originate";
    static final String INNER = "inner_connect_originate";
    static final String OUTER = "outer_connect_originate";
    static final String FORWARD_INNER = "forward_inner_connect";

    private static final String LOCAL = "%DOWNSTREAM_LOCAL_ADDRESS%";
    private static final String TARGET =
            "%FILTER_STATE(istio.double_hbone.hbone_target_address:PLAIN)%";
    private static final String BAGGAGE = "%FILTER_STATE(io.istio.baggage:PLAIN)%";

    private OriginateCompiler() {}

    static boolean handles(String listener) {
        return switch (listener) {
            case ORIGINATE, INNER, OUTER, FORWARD_INNER -> true;
            default -> false;
        };
    }

    /// What one of them says; put together by `merge`.
    static Originate compile(Listener listener) throws Refused {
        var proxy = proxy(listener);
        if (listener.getName().equals(FORWARD_INNER)) {
            // Hands the inner tunnel's bytes on as they are.
            return Originate.DEFAULTS;
        }
        if (!proxy.hasTunnelingConfig()) {
            throw new Refused("tunneling_config", "nothing", "a CONNECT to the destination");
        }
        var config = proxy.getTunnelingConfig();
        var expected = listener.getName().equals(ORIGINATE) ? LOCAL : TARGET;
        if (!config.getHostname().equals(expected)) {
            throw new Refused("tunneling_config.hostname", config.getHostname(), expected);
        }
        var headers = headers(config);
        var baggage = headers.remove("baggage");
        if (baggage != null && !baggage.equals(BAGGAGE)) {
            throw new Refused("headers_to_add[baggage]", baggage, BAGGAGE);
        }
        var network = Optional.ofNullable(headers.remove("x-forwarded-network"));
        var source = Optional.ofNullable(headers.remove("x-istio-source"));
        if (!headers.isEmpty()) {
            throw new Refused(
                    "headers_to_add",
                    headers.keySet().toString(),
                    "baggage, x-forwarded-network and x-istio-source");
        }
        return new Originate(baggage != null, network, source);
    }

    static Originate merge(Iterable<Originate> all) {
        boolean baggage = false;
        Optional<String> network = Optional.empty();
        Optional<String> source = Optional.empty();
        for (var each : all) {
            baggage |= each.baggage();
            network = network.or(each::forwardedNetwork);
            source = source.or(each::source);
        }
        return new Originate(baggage, network, source);
    }

    private static TcpProxy proxy(Listener listener) throws Refused {
        if (listener.getFilterChainsCount() != 1
                || listener.getFilterChains(0).getFiltersCount() == 0) {
            throw new Refused(
                    "filter_chains",
                    listener.getFilterChainsCount() + " chains",
                    "one, with tcp_proxy at its end");
        }
        var filters = listener.getFilterChains(0).getFiltersList();
        Filter last = filters.getLast();
        if (!CompileScope.type(last.getTypedConfig()).equals(ChainCompiler.TCP_PROXY)) {
            throw new Refused(
                    "filters[" + last.getName() + "]",
                    CompileScope.type(last.getTypedConfig()),
                    ChainCompiler.TCP_PROXY);
        }
        return CompileScope.unpack("tcp_proxy", last.getTypedConfig(), TcpProxy.parser());
    }

    private static Map<String, String> headers(TunnelingConfig config) {
        var all = new TreeMap<String, String>();
        for (HeaderValueOption option : config.getHeadersToAddList()) {
            var header = option.getHeader();
            all.put(header.getKey().toLowerCase(Locale.ROOT), header.getValue());
        }
        return all;
    }
}
