package dev.ambit.control.resource;

import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;

/// Gateway API kinds, as far as waypoint labels refer to them.
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
                                address.isText("type", "Hostname"), address.text("value")));
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
        Map<String, String> selector =
                namespaces
                        .flatMap(n -> n.child("selector"))
                        .map(s -> s.map("matchLabels"))
                        .orElse(Map.of());
        return new Gateway.Listener(
                listener.text("name"),
                listener.integer("port", 1, 65_535, 0),
                listener.text("protocol"),
                from,
                selector);
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
