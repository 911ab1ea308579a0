package dev.ambit.waypoint.xds.cluster;

import com.google.protobuf.Struct;
import dev.ambit.waypoint.pool.Target;
import dev.ambit.waypoint.upstream.Endpoint;
import dev.ambit.waypoint.upstream.EndpointSet;
import dev.ambit.waypoint.upstream.Locality;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.EnvoyInternalAddress;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// `ClusterLoadAssignment`: endpoints whose addresses are known. An "internal address" of istiod is
/// an endpoint behind a tunnel, and its metadata say which.
public final class EndpointCompiler {
    /// Envoy's greatest priority.
    static final int MAX_PRIORITY = 128;

    /// Ours: what a cluster may have.
    static final int MAX_ENDPOINTS = 100_000;

    static final String ORIGINATE = "connect_originate";
    private static final String ORIGINATE_TWICE = "inner_connect_originate";
    private static final String FORWARD_INNER = "forward_inner_connect";
    private static final int HBONE_PORT = 15008;
    private static final int MAX_PORT = 65_535;

    private static final String ORIGINAL_DST = "envoy.filters.listener.original_dst";
    private static final String ISTIO = "istio";
    private static final String SOCKET_MATCH = "envoy.transport_socket_match";
    private static final String BALANCING = "envoy.lb";

    private EndpointCompiler() {}

    public static EndpointSet compile(ClusterLoadAssignment from, CompileScope scope)
            throws Refused {
        int all = 0;
        for (var group : from.getEndpointsList()) {
            all += group.getLbEndpointsCount();
        }
        Values.integer("endpoints", all, 0, MAX_ENDPOINTS);
        var policy = from.getPolicy();
        if (policy.getDropOverloadsCount() > 0) {
            throw new Refused(
                    "policy.drop_overloads",
                    policy.getDropOverloads(0).getCategory(),
                    "none: requests are not dropped on purpose");
        }
        if (policy.hasEndpointStaleAfter()) {
            scope.skipped("policy.endpoint_stale_after");
        }
        return new EndpointSet(
                Values.each("endpoints", from.getEndpointsList(), EndpointCompiler::group),
                overprovisioning(policy),
                policy.getWeightedPriorityHealth());
    }

    static int overprovisioning(ClusterLoadAssignment.Policy policy) throws Refused {
        return Values.integer(
                "policy.overprovisioning_factor",
                policy.hasOverprovisioningFactor(),
                policy.getOverprovisioningFactor(),
                EndpointSet.DEFAULT_OVERPROVISIONING);
    }

    private static EndpointSet.Group group(LocalityLbEndpoints from) throws Refused {
        if (from.getLbConfigCase() != LocalityLbEndpoints.LbConfigCase.LBCONFIG_NOT_SET) {
            throw new Refused("lb_config", from.getLbConfigCase().toString(), "lb_endpoints");
        }
        return new EndpointSet.Group(
                locality(from),
                priority(from),
                weight(from),
                Values.each("lb_endpoints", from.getLbEndpointsList(), EndpointCompiler::endpoint));
    }

    static Locality locality(LocalityLbEndpoints from) {
        var locality = from.getLocality();
        return new Locality(locality.getRegion(), locality.getZone(), locality.getSubZone());
    }

    static int priority(LocalityLbEndpoints from) throws Refused {
        return Values.integer("priority", from.getPriority() & Values.UINT32_MAX, 0, MAX_PRIORITY);
    }

    static int weight(LocalityLbEndpoints from) throws Refused {
        return Values.integer(
                "load_balancing_weight",
                from.hasLoadBalancingWeight(),
                from.getLoadBalancingWeight(),
                0);
    }

    private static Endpoint endpoint(LbEndpoint from) throws Refused {
        if (!from.hasEndpoint()) {
            throw new Refused(
                    "host_identifier", from.getHostIdentifierCase().toString(), "endpoint");
        }
        var address = from.getEndpoint().getAddress();
        return switch (address.getAddressCase()) {
            case SOCKET_ADDRESS -> {
                var addresses = addresses(from);
                yield endpoint(
                        from,
                        NetUtil.toSocketAddressString(addresses.getFirst()),
                        new Target.Direct(addresses),
                        addresses.getFirst().getAddress().getHostAddress());
            }
            case ENVOY_INTERNAL_ADDRESS -> internal(from, address.getEnvoyInternalAddress());
            case PIPE, ADDRESS_NOT_SET ->
                    throw new Refused(
                            "address",
                            address.getAddressCase().toString(),
                            "socket_address or envoy_internal_address");
        };
    }

    private static List<InetSocketAddress> addresses(LbEndpoint from) throws Refused {
        var all = new ArrayList<InetSocketAddress>();
        all.add(socket(from.getEndpoint().getAddress()));
        for (var more : from.getEndpoint().getAdditionalAddressesList()) {
            all.add(socket(more.getAddress()));
        }
        return List.copyOf(all);
    }

    private static InetSocketAddress socket(Address from) throws Refused {
        if (!from.hasSocketAddress()) {
            throw new Refused("address", from.getAddressCase().toString(), "socket_address");
        }
        var socket = from.getSocketAddress();
        return resolved("socket_address", socket.getAddress(), port(socket));
    }

    static int port(SocketAddress from) throws Refused {
        if (from.getPortSpecifierCase() != SocketAddress.PortSpecifierCase.PORT_VALUE) {
            throw new Refused(
                    "socket_address.port_specifier",
                    from.getPortSpecifierCase().toString(),
                    "port_value");
        }
        return Values.integer(
                "socket_address.port_value", from.getPortValue() & Values.UINT32_MAX, 0, MAX_PORT);
    }

    private static InetSocketAddress resolved(String field, String ip, int port) throws Refused {
        var address = NetUtil.createInetAddressFromIpAddressString(ip);
        if (address == null) {
            throw new Refused(
                    field,
                    ip,
                    "an IP address; is it a name, in a cluster that is not of a DNS type?");
        }
        return new InetSocketAddress(address, port);
    }

    private static Endpoint internal(LbEndpoint from, EnvoyInternalAddress address) throws Refused {
        var listener = address.getServerListenerName();
        var text = "envoy://" + listener + "/" + address.getEndpointId();
        var local = text(from.getMetadata(), ORIGINAL_DST, "local");
        var to = socket("metadata[" + ORIGINAL_DST + "].local", local);
        return switch (listener) {
            case ORIGINATE -> {
                var waypoint = text(from.getMetadata(), ORIGINAL_DST, "waypoint");
                var node =
                        waypoint.isEmpty()
                                ? new InetSocketAddress(to.getAddress(), HBONE_PORT)
                                : socket("metadata[" + ORIGINAL_DST + "].waypoint", waypoint);
                yield endpoint(
                        from,
                        text,
                        new Target.Tunnel(node, local),
                        to.getAddress().getHostAddress());
            }
            case ORIGINATE_TWICE -> {
                var authority = doubleAuthority(from.getMetadata());
                // All endpoints of a gateway have one address: the service tells them apart.
                yield endpoint(from, text, new Target.GatewayTunnel(to, authority), "");
            }
            case FORWARD_INNER ->
                    // The inner tunnel's bytes go on to where tunnels are accepted.
                    endpoint(
                            from,
                            text,
                            new Target.Direct(
                                    List.of(new InetSocketAddress(to.getAddress(), HBONE_PORT))),
                            to.getAddress().getHostAddress());
            default ->
                    throw new Refused(
                            "envoy_internal_address.server_listener_name",
                            listener,
                            "%s, %s or %s".formatted(ORIGINATE, ORIGINATE_TWICE, FORWARD_INNER));
        };
    }

    private static String doubleAuthority(Metadata metadata) throws Refused {
        var istio = metadata.getFilterMetadataOrDefault(ISTIO, Struct.getDefaultInstance());
        var twice = istio.getFieldsMap().get("double_hbone");
        var authority = twice == null ? "" : text(twice.getStructValue(), "hbone_target_address");
        if (authority.isEmpty()) {
            throw new Refused(
                    "metadata[istio].double_hbone.hbone_target_address",
                    "",
                    "host:port of the service behind the gateway");
        }
        return authority;
    }

    private static InetSocketAddress socket(String field, String text) throws Refused {
        int colon = text.lastIndexOf(':');
        if (colon <= 0 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
            throw new Refused(field, text, "ip:port");
        }
        int port = Integer.parseInt(text.substring(colon + 1));
        Values.integer(field, port, 1, MAX_PORT);
        var ip = text.substring(0, colon);
        return resolved(
                field,
                ip.startsWith("[") && ip.endsWith("]") ? ip.substring(1, ip.length() - 1) : ip,
                port);
    }

    /// @param workloadAddress IP of the workload; empty where it is not known
    static Endpoint endpoint(LbEndpoint from, String address, Target target, String workloadAddress)
            throws Refused {
        var metadata = from.getMetadata();
        var key = text(metadata, BALANCING, "hash_key");
        return new Endpoint(
                address,
                key.isEmpty() ? address : key,
                target,
                from.getEndpoint().getHostname(),
                health(from.getHealthStatus()),
                Values.integer(
                        "load_balancing_weight",
                        Values.uint(
                                from.hasLoadBalancingWeight(), from.getLoadBalancingWeight(), 1),
                        1,
                        Integer.MAX_VALUE),
                workloadAddress,
                text(metadata, ISTIO, "workload"),
                match(metadata));
    }

    private static Map<String, String> match(Metadata metadata) throws Refused {
        var labels = metadata.getFilterMetadataMap().get(SOCKET_MATCH);
        return labels == null ? Map.of() : TransportCompiler.labels(labels);
    }

    private static Endpoint.Health health(HealthStatus from) throws Refused {
        return switch (from) {
            case UNKNOWN, HEALTHY -> Endpoint.Health.HEALTHY;
            case DEGRADED -> Endpoint.Health.DEGRADED;
            case UNHEALTHY, TIMEOUT -> Endpoint.Health.UNHEALTHY;
            case DRAINING -> Endpoint.Health.DRAINING;
            case UNRECOGNIZED ->
                    throw new Refused("health_status", from.toString(), "a status of Envoy");
        };
    }

    private static String text(Metadata metadata, String part, String field) {
        var struct = metadata.getFilterMetadataMap().get(part);
        return struct == null ? "" : text(struct, field);
    }

    private static String text(Struct struct, String field) {
        var value = struct.getFieldsMap().get(field);
        return value == null ? "" : value.getStringValue();
    }
}
