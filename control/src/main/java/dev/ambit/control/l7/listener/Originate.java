package dev.ambit.control.l7.listener;

import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.telemetry.AccessLogs.Place;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.Listener.InternalListenerConfig;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TunnelingConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Internal listeners that put a connection into a tunnel, or into two.
final class Originate {
    static final String CONNECT = "connect_originate";
    static final String INNER = "inner_connect_originate";
    static final String OUTER = "outer_connect_originate";
    static final String FORWARD = "forward_inner_connect";

    /// Tells the next gateway who applied L7 policies already.
    static final String SOURCE_HEADER = "x-istio-source";

    static final String WAYPOINT = "waypoint";
    static final String GATEWAY = "gateway";

    private static final String NETWORK_HEADER = "x-forwarded-network";
    private static final String TARGET = "%FILTER_STATE(" + FilterStates.TARGET + ":PLAIN)%";

    private Originate() {}

    /// To an endpoint of this network.
    static Listener connect(Rendering rendering) {
        var tunnel = TunnelingConfig.newBuilder().setHostname("%DOWNSTREAM_LOCAL_ADDRESS%");
        var filters = new ArrayList<Filter>();
        if (rendering.settings().baggage()) {
            tunnel.setPropagateResponseHeaders(true).addHeadersToAdd(baggage());
            filters.add(Filters.BAGGAGE_PEER);
        }
        filters.add(tcp(CONNECT, Optional.of(tunnel.build()), rendering, Place.ORIGINATE));
        return listener(CONNECT, filters, true, rendering);
    }

    /// The tunnel to the far end, which goes into the one of {@link #outer}.
    static Listener inner(Rendering rendering) {
        var tunnel =
                TunnelingConfig.newBuilder()
                        .setHostname(TARGET)
                        .addHeadersToAdd(header(NETWORK_HEADER, rendering.node().network()));
        var filters = new ArrayList<Filter>();
        filters.add(FilterStates.endpointMetadata(rendering.node()));
        if (rendering.settings().baggage()) {
            tunnel.setPropagateResponseHeaders(true).addHeadersToAdd(baggage());
            filters.add(Filters.BAGGAGE_PEER);
        }
        filters.add(tcp(INNER, Optional.of(tunnel.build()), rendering, Place.ORIGINATE));
        return listener(INNER, filters, false, rendering);
    }

    /// The tunnel to another network's gateway.
    static Listener outer(Rendering rendering) {
        var tunnel =
                TunnelingConfig.newBuilder()
                        .setHostname(TARGET)
                        .addHeadersToAdd(header(SOURCE_HEADER, WAYPOINT));
        var tcp = tcp(OUTER, Optional.of(tunnel.build()), rendering, Place.ORIGINATE);
        return listener(OUTER, List.of(tcp), true, rendering);
    }

    /// What came to this network's gateway goes on as the tunnel that it is.
    static Listener forward(Rendering rendering) {
        var tcp = tcp(FORWARD, Optional.empty(), rendering, Place.FORWARD);
        return listener(FORWARD, List.of(tcp), true, rendering);
    }

    private static Filter tcp(
            String name, Optional<TunnelingConfig> tunnel, Rendering rendering, Place place) {
        var proxy =
                TcpProxy.newBuilder()
                        .setStatPrefix(name)
                        .setCluster(name)
                        .addAllAccessLog(
                                rendering.observer().of(Optional.empty()).logs().at(place));
        tunnel.ifPresent(proxy::setTunnelingConfig);
        return Filters.network(TcpChain.PROXY, proxy.build());
    }

    private static Listener listener(
            String name, List<Filter> filters, boolean originalDestination, Rendering rendering) {
        var listener =
                Listener.newBuilder()
                        .setName(name)
                        .setUseOriginalDst(Protos.bool(false))
                        .setInternalListener(InternalListenerConfig.getDefaultInstance())
                        .addFilterChains(FilterChain.newBuilder().addAllFilters(filters))
                        .addAllAccessLog(
                                rendering
                                        .observer()
                                        .of(Optional.empty())
                                        .logs()
                                        .at(Place.LISTENER));
        if (originalDestination) {
            listener.addListenerFilters(Filters.ORIGINAL_DESTINATION);
        }
        return listener.build();
    }

    private static HeaderValueOption baggage() {
        return header("baggage", "%FILTER_STATE(io.istio.baggage:PLAIN)%");
    }

    private static HeaderValueOption header(String name, String value) {
        return HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey(name).setValue(value))
                .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                .build();
    }
}
