package dev.ambit.control.resource;

import java.util.ArrayList;
import java.util.Optional;

/// Gateway API kinds, as far as waypoints and networks are described by them.
final class GatewayKinds {
    private GatewayKinds() {}

    static GatewayClass gatewayClass(Fields top, Meta meta) {
        return new GatewayClass(
                meta, top.child("spec").map(s -> s.text("controllerName")).orElse(""));
    }

    static Gateway gateway(Fields top, Meta meta) {
        var spec = top.child("spec");
        var listeners = new ArrayList<Gateway.Listener>();
        if (spec.isPresent()) {
            spec.get().children("listeners").forEach(l -> listeners.add(listener(l)));
        }
        var addresses = new ArrayList<Gateway.Address>();
        var status = top.child("status");
        if (status.isPresent()) {
            for (var address : status.get().children("addresses")) {
                addresses.add(
                        new Gateway.Address(
                                addressType(address.text("type")), address.text("value")));
            }
        }
        return new Gateway(
                meta, spec.map(s -> s.text("gatewayClassName")).orElse(""), listeners, addresses);
    }

    private static Gateway.Listener listener(Fields listener) {
        Optional<Fields> namespaces =
                listener.child("allowedRoutes").flatMap(a -> a.child("namespaces"));
        var from =
                namespaces
                        .map(n ->
                                n.choice(
                                        "from",
                                        Gateway.From.class,
                                        Gateway.From.SAME,
                                        GatewayKinds::spelled))
                        .orElse(Gateway.From.SAME);
        var tls = listener.child("tls");
        // The API: absent means Terminate.
        boolean terminates =
                tls.map(t -> !t.has("mode") || t.isText("mode", "Terminate")).orElse(false);
        return new Gateway.Listener(
                listener.text("name"),
                listener.integer("port", 1, 65_535, 0),
                listener.text("protocol"),
                terminates,
                from,
                namespaces.flatMap(n -> n.child("selector")).map(LabelSelector::read));
    }

    /// The API: absent means an IP address.
    private static Gateway.AddressType addressType(String text) {
        return switch (text) {
            case "Hostname" -> Gateway.AddressType.HOSTNAME;
            case "", "IPAddress" -> Gateway.AddressType.IP;
            default -> Gateway.AddressType.OTHER;
        };
    }

    private static String spelled(Gateway.From from) {
        return switch (from) {
            case SAME -> "Same";
            case ALL -> "All";
            case SELECTOR -> "Selector";
            case NONE -> "None";
        };
    }
}
