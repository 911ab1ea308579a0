package dev.ambit.control.l7.listener;

import com.github.xds.type.matcher.v3.IPMatcher;
import com.github.xds.type.matcher.v3.Matcher.OnMatch;
import com.google.protobuf.ByteString;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.listener.Inspectors.Spoken;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.MeshService.Resolution;
import dev.ambit.control.l7.registry.Protocol;
import dev.ambit.control.l7.registry.ServicePort;
import dev.ambit.control.l7.telemetry.AccessLogs.Place;
import dev.ambit.mesh.model.ServiceKey;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.Listener.InternalListenerConfig;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What was inside a tunnel: which service or workload it is for, and all that is done with it.
final class MainInternal {
    static final String NAME = "main_internal";

    private static final String DIRECT_TCP = "direct-tcp";
    private static final String DIRECT_HTTP = "direct-http";
    private static final String BLACK_HOLE = "BlackHoleCluster";
    private static final int HBONE = 15_008;

    private final Rendering rendering;
    private final VirtualAddresses addresses;
    private final HttpChain http;
    private final TcpChain tcp;
    private final Map<ServiceKey, CompiledService> compiled = new HashMap<>();
    private final List<FilterChain> chains = new ArrayList<>();
    private final IPMatcher.Builder byAddress = IPMatcher.newBuilder();
    private final Map<String, OnMatch> byAuthority = new TreeMap<>();
    private final Inspectors.Ports ports = new Inspectors.Ports();

    private MainInternal(Rendering rendering) {
        this.rendering = rendering;
        this.addresses = new VirtualAddresses(rendering);
        this.http = new HttpChain(rendering);
        this.tcp = new TcpChain(rendering);
        if (rendering.eastWest()) {
            rendering.scope().model().mesh().services().forEach(s -> compiled.put(s.key(), s));
        }
    }

    static Listener of(Rendering rendering) {
        return new MainInternal(rendering).listener();
    }

    private Listener listener() {
        var scope = rendering.scope();
        scope.services().forEach(this::service);
        if (!rendering.eastWest()) {
            workloads();
        }
        if (rendering.eastWest() && chains.isEmpty()) {
            chains.add(nowhere());
        }
        var listener =
                Listener.newBuilder()
                        .setName(NAME)
                        .setInternalListener(InternalListenerConfig.getDefaultInstance())
                        .setTrafficDirection(TrafficDirection.INBOUND)
                        .addListenerFilters(Filters.ORIGINAL_DESTINATION)
                        .addListenerFilters(Inspectors.http(ports, !scope.workloads().isEmpty()))
                        .addAllFilterChains(chains)
                        .setFilterChainMatcher(
                                ChainMatchers.destination(byAddress.build(), byAuthority))
                        .addAllAccessLog(
                                rendering
                                        .observer()
                                        .of(Optional.empty())
                                        .logs()
                                        .at(Place.LISTENER));
        Inspectors.tls(scope.services()).ifPresent(listener::addListenerFilters);
        return listener.build();
    }

    private void service(MeshService service) {
        var own = addresses.of(service);
        var byPort = new TreeMap<String, OnMatch>();
        for (var port : service.ports()) {
            if (port.protocol() != Protocol.UDP) {
                var to = rendering.eastWest() ? passOn(service, port) : take(service, port, own);
                to.ifPresent(match -> {
                    byPort.put(String.valueOf(port.number()), match);
                    if (!own.isEmpty() && rendering.settings().multiNetwork()) {
                        byAuthority.put(service.hostname() + ":" + port.number(), match);
                    }
                });
            }
        }
        // The proxy refuses a matcher without addresses.
        if (!byPort.isEmpty() && !own.isEmpty()) {
            byAddress.addRangeMatchers(ChainMatchers.ports(own, byPort));
        }
    }

    private Optional<OnMatch> take(MeshService service, ServicePort port, List<String> own) {
        var tcpName = ClusterNames.inbound(service, port.number(), false, "");
        var httpName = ClusterNames.inbound(service, port.number(), true, "");
        var first = new ArrayList<Filter>();
        if (!own.isEmpty() && rendering.settings().multiNetwork()) {
            first.add(FilterStates.destinationOr(addresses.first(service) + ":" + port.number()));
        }
        if (port.protocol() == Protocol.AUTO) {
            chains.add(tcpChain(service, port, tcpName, first));
            chains.add(httpChain(service, port, httpName, first));
            ports.set(port.number(), Spoken.EITHER);
            return Optional.of(
                    ChainMatchers.protocol(tcpName, httpName, rendering.settings().http10()));
        }
        if (port.protocol().isHttp()) {
            chains.add(httpChain(service, port, httpName, first));
            ports.add(port.number(), Spoken.HTTP);
            return Optional.of(ChainMatchers.chain(httpName));
        }
        if (port.protocol().isTls()
                && service.hostname().startsWith("*")
                && service.resolution() == Resolution.DYNAMIC_DNS
                && !rendering.settings().wildcardTls()) {
            return Optional.empty();
        }
        chains.add(tcpChain(service, port, tcpName, first));
        ports.add(port.number(), Spoken.TCP);
        return Optional.of(ChainMatchers.chain(tcpName));
    }

    private FilterChain tcpChain(
            MeshService service, ServicePort port, String name, List<Filter> first) {
        return FilterChain.newBuilder()
                .setName(name)
                .addAllFilters(first)
                .addAllFilters(tcp.of(service, port, name, Optional.of(service)))
                .build();
    }

    private FilterChain httpChain(
            MeshService service, ServicePort port, String name, List<Filter> first) {
        return FilterChain.newBuilder()
                .setName(name)
                .addAllFilters(first)
                .addFilters(http.of(service, port))
                .build();
    }

    /// At the gateway to this network what is inside is a tunnel again: it is not looked into. It
    /// goes to the service's waypoint first, unless one has seen it.
    private Optional<OnMatch> passOn(MeshService service, ServicePort port) {
        var name = ClusterNames.inbound(service, port.number(), false, "");
        chains.add(
                FilterChain.newBuilder()
                        .setName(name)
                        .addAllFilters(tcp.of(service, port, name, Optional.empty()))
                        .build());
        ports.set(port.number(), Spoken.TCP);
        var wire = Optional.ofNullable(compiled.get(service.key())).map(CompiledService::wire);
        var waypoint =
                wire.filter(w -> w.hasWaypoint() && w.getWaypoint().hasHostname())
                        .map(w -> w.getWaypoint().getHostname().getHostname());
        if (waypoint.isEmpty()) {
            return Optional.of(ChainMatchers.chain(name));
        }
        var direct = ChainMatchers.chain(name);
        var first = ChainMatchers.chain("inbound-vip|" + HBONE + "|tcp|" + waypoint.get());
        boolean ingress = wire.map(w -> w.getIngressUseWaypoint()).orElse(false);
        return Optional.of(
                ChainMatchers.source(
                        Map.of(
                                Originate.WAYPOINT,
                                direct,
                                Originate.GATEWAY,
                                ingress ? first : direct),
                        first));
    }

    /// Chains for workloads are always there; only where there are workloads they are reached.
    private void workloads() {
        chains.add(
                FilterChain.newBuilder()
                        .setName(DIRECT_TCP)
                        .addFilters(FilterStates.destination())
                        .addAllFilters(tcp.direct())
                        .build());
        chains.add(
                FilterChain.newBuilder()
                        .setName(DIRECT_HTTP)
                        .addFilters(FilterStates.destination())
                        .addFilters(http.direct())
                        .build());
        var own = new ArrayList<String>();
        for (var workload : rendering.scope().workloads()) {
            for (ByteString address : workload.wire().getAddressesList()) {
                own.add(VirtualAddresses.text(address.toByteArray()));
            }
        }
        if (!own.isEmpty()) {
            byAddress.addRangeMatchers(
                    ChainMatchers.range(
                            own,
                            ChainMatchers.protocol(
                                    DIRECT_TCP, DIRECT_HTTP, rendering.settings().http10())));
        }
    }

    /// The proxy wants one chain at least; no connection is matched to it.
    private static FilterChain nowhere() {
        return FilterChain.newBuilder()
                .setName("virtualInbound-blackhole")
                .addFilters(
                        Filters.network(
                                TcpChain.PROXY,
                                TcpProxy.newBuilder()
                                        .setStatPrefix(BLACK_HOLE)
                                        .setCluster(BLACK_HOLE)
                                        .build()))
                .build();
    }
}
