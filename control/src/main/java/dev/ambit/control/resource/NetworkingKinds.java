package dev.ambit.control.resource;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/// `networking.istio.io`: fields that are not known are errors.
final class NetworkingKinds {
    private static final int PORT_MAX = 65_535;

    private enum Location {
        MESH_EXTERNAL,
        MESH_INTERNAL
    }

    private NetworkingKinds() {}

    static WorkloadEntry workloadEntry(Fields top, Meta meta) {
        var spec = spec(top);
        return new WorkloadEntry(meta, endpoint(spec));
    }

    static ServiceEntry serviceEntry(Fields top, Meta meta) {
        var spec = spec(top);
        var hosts = spec.texts("hosts");
        if (hosts.isEmpty()) {
            throw spec.bad("hosts", "missing (expected: at least one host)");
        }
        var ports = new ArrayList<ServiceEntry.Port>();
        spec.children("ports").forEach(p -> ports.add(port(p)));
        var endpoints = new ArrayList<EndpointSpec>();
        spec.children("endpoints").forEach(e -> endpoints.add(endpoint(e)));
        var addresses = spec.texts("addresses");
        for (var address : addresses) {
            if (Addresses.range(address).isEmpty()) {
                throw spec.bad(
                        "addresses", "'" + address + "' (expected: IP addresses or CIDR blocks)");
            }
        }
        var selector = spec.child("workloadSelector");
        if (selector.isPresent() && !endpoints.isEmpty()) {
            throw spec.bad("endpoints", "set with workloadSelector (expected: one of the two)");
        }
        var entry =
                new ServiceEntry(
                        meta,
                        hosts,
                        addresses,
                        ports,
                        spec.choice("location", Location.class, Location.MESH_EXTERNAL)
                                == Location.MESH_INTERNAL,
                        spec.choice(
                                "resolution",
                                ServiceEntry.Resolution.class,
                                ServiceEntry.Resolution.NONE),
                        endpoints,
                        selector.map(s -> {
                            var labels = s.map("labels");
                            s.noOthers();
                            return labels;
                        }),
                        spec.texts("exportTo"),
                        spec.texts("subjectAltNames"),
                        allocated(top.child("status")));
        spec.noOthers();
        return entry;
    }

    private static List<ServiceEntry.Allocated> allocated(Optional<Fields> status) {
        var list = new ArrayList<ServiceEntry.Allocated>();
        if (status.isPresent()) {
            for (var address : status.get().children("addresses")) {
                list.add(new ServiceEntry.Allocated(address.text("value"), address.text("host")));
            }
        }
        return list;
    }

    private static ServiceEntry.Port port(Fields port) {
        int number = port.integer("number", 1, PORT_MAX, 0);
        if (number == 0) {
            throw port.bad("number", "missing (expected: a number from 1 to " + PORT_MAX + ")");
        }
        var result =
                new ServiceEntry.Port(
                        number,
                        port.required("name"),
                        port.text("protocol"),
                        port.integer("targetPort", 1, PORT_MAX, 0));
        port.noOthers();
        return result;
    }

    private static EndpointSpec endpoint(Fields fields) {
        var ports = new LinkedHashMap<String, Integer>();
        var map = fields.child("ports");
        if (map.isPresent()) {
            for (var name : map.get().names()) {
                ports.put(name, map.get().integer(name, 1, PORT_MAX, 0));
            }
        }
        var spec =
                new EndpointSpec(
                        fields.text("address"),
                        ports,
                        fields.map("labels"),
                        fields.text("network"),
                        fields.text("locality"),
                        fields.integer("weight", 0, Integer.MAX_VALUE, 0),
                        fields.text("serviceAccount"));
        if (spec.address().isEmpty() && spec.network().isEmpty()) {
            throw fields.bad("address", "missing (expected: an IP address or a host name)");
        }
        fields.noOthers();
        return spec;
    }

    private static Fields spec(Fields top) {
        return top.child("spec")
                .orElseThrow(() -> top.bad("spec", "missing (expected: a mapping)"));
    }
}
