package dev.ambit.control.compile;

import dev.ambit.control.resource.Gateway;
import dev.ambit.control.resource.GatewayClass;
import dev.ambit.control.resource.LabelSelector;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import dev.ambit.mesh.proto.workload.ApplicationTunnel;
import dev.ambit.mesh.proto.workload.GatewayAddress;
import dev.ambit.mesh.proto.workload.NamespacedHostname;
import dev.ambit.mesh.proto.workload.NetworkAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// A gateway as something that can be put before services and workloads.
///
/// @param address empty when none of its addresses can be used
/// @param traffic `service`, `workload`, `all`, or what else the label says: nothing
/// @param binding how its own workloads take streams
/// @param from which namespaces may name it, with `selector`
/// @param accounts service account of each of its pods
record Waypoint(
        Meta meta,
        Optional<GatewayAddress> address,
        String traffic,
        Optional<ApplicationTunnel> binding,
        Gateway.From from,
        Optional<LabelSelector> selector,
        List<String> accounts) {
    private static final int HBONE_PORT = 15008;
    private static final Pattern BINDING = Pattern.compile("(NONE|PROXY)(?:/(.*))?");
    private static final String PROXY_LISTENER = "istio.io/PROXY";

    static Waypoint of(
            Gateway gateway,
            Optional<GatewayClass> ofClass,
            List<String> accounts,
            Surroundings surroundings) {
        var binding = binding(gateway, ofClass);
        var listener = listener(gateway, binding);
        return new Waypoint(
                gateway.meta(),
                address(gateway, surroundings.network()),
                traffic(gateway, ofClass),
                binding,
                listener.map(Gateway.Listener::from).orElse(Gateway.From.SAME),
                listener.flatMap(Gateway.Listener::selector),
                accounts);
    }

    String name() {
        return meta.path();
    }

    boolean takes(Waypoints.Traffic wanted) {
        return switch (traffic) {
            case "service" -> wanted == Waypoints.Traffic.SERVICE;
            case "workload" -> wanted == Waypoints.Traffic.WORKLOAD;
            case "all" -> true;
            default -> false;
        };
    }

    private static String traffic(Gateway gateway, Optional<GatewayClass> ofClass) {
        var inherited =
                ofClass.map(c -> c.meta().labels().getOrDefault(Names.WAYPOINT_FOR, "service"))
                        .orElse("service");
        return gateway.meta().labels().getOrDefault(Names.WAYPOINT_FOR, inherited);
    }

    /// `PROTOCOL` or `PROTOCOL/port`, from the gateway, else from its class.
    private static Optional<ApplicationTunnel> binding(
            Gateway gateway, Optional<GatewayClass> ofClass) {
        var inherited = ofClass.map(c -> c.meta().annotation(Names.WAYPOINT_BINDING)).orElse("");
        var text = gateway.meta().annotations().getOrDefault(Names.WAYPOINT_BINDING, inherited);
        var parts = BINDING.matcher(text);
        if (!parts.matches() || text.indexOf('/') != text.lastIndexOf('/')) {
            return Optional.empty();
        }
        var port = parts.group(2);
        return Optional.of(
                ApplicationTunnel.newBuilder()
                        .setProtocol(ApplicationTunnel.Protocol.valueOf(parts.group(1)))
                        .setPort(
                                port != null && port.matches("\\d{1,5}")
                                        ? Integer.parseInt(port)
                                        : 0)
                        .build());
    }

    /// The listener whose `allowedRoutes` count: the one that the binding means, else HBONE's.
    private static Optional<Gateway.Listener> listener(
            Gateway gateway, Optional<ApplicationTunnel> binding) {
        var bound =
                binding.flatMap(b ->
                        gateway.listeners().stream()
                                .filter(l ->
                                        b.getPort() != 0
                                                ? l.port() == b.getPort()
                                                : b.getProtocol()
                                                                == ApplicationTunnel.Protocol.PROXY
                                                        && l.protocol().equals(PROXY_LISTENER))
                                .findFirst());
        return bound.or(() ->
                gateway.listeners().stream()
                        .filter(l -> l.protocol().equals("HBONE") && l.port() == HBONE_PORT)
                        .findFirst());
    }

    /// A host name if there is one: it outlives addresses.
    private static Optional<GatewayAddress> address(Gateway gateway, String network) {
        var builder = GatewayAddress.newBuilder().setHboneMtlsPort(HBONE_PORT);
        var hostname =
                gateway.addresses().stream()
                        .filter(a -> a.type() == Gateway.AddressType.HOSTNAME)
                        .findFirst();
        if (hostname.isPresent()) {
            var named =
                    NamespacedHostname.newBuilder()
                            .setNamespace(gateway.meta().namespace())
                            .setHostname(hostname.get().value());
            return Optional.of(builder.setHostname(named).build());
        }
        return gateway.addresses().stream()
                .filter(a -> a.type() == Gateway.AddressType.IP)
                .flatMap(a -> Surroundings.bytes(a.value()).stream())
                .findFirst()
                .map(ip ->
                        builder.setAddress(
                                        NetworkAddress.newBuilder()
                                                .setNetwork(network)
                                                .setAddress(ip))
                                .build());
    }
}
