package dev.ambit.control.resource;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Kubernetes' own kinds: the fields that matter here, all others are passed over.
final class CoreKinds {
    private static final int PORT_MAX = 65_535;
    private static final int REPLICAS_MAX = 10_000;

    private CoreKinds() {}

    static Node node(Fields top, Meta meta) {
        var addresses = new ArrayList<String>();
        var status = top.child("status");
        if (status.isPresent()) {
            for (var address : status.get().children("addresses")) {
                addresses.add(address.text("address"));
            }
        }
        var spec = top.child("spec");
        return new Node(meta, addresses, spec.map(s -> s.texts("podCIDRs")).orElse(List.of()));
    }

    static Pod pod(Fields top, Meta meta) {
        return new Pod(meta, podSpec(spec(top)), top.child("status").flatMap(CoreKinds::status));
    }

    static Deployment deployment(Fields top, Meta meta) {
        var spec = spec(top);
        var template =
                spec.child("template")
                        .orElseThrow(() -> spec.bad("template", "missing (expected: a pod)"));
        var metadata = template.child("metadata");
        return new Deployment(
                meta,
                spec.integer("replicas", 0, REPLICAS_MAX, 1),
                metadata.map(m -> m.map("labels")).orElse(java.util.Map.of()),
                metadata.map(m -> m.map("annotations")).orElse(java.util.Map.of()),
                podSpec(spec(template)));
    }

    /// An empty status is what `kubectl create --dry-run` writes: the same as none.
    private static Optional<Pod.Status> status(Fields status) {
        if (status.names().isEmpty()) {
            return Optional.empty();
        }
        boolean ready = false;
        for (var condition : status.children("conditions")) {
            ready |= condition.isText("type", "Ready") && condition.isText("status", "True");
        }
        var ips = new ArrayList<String>();
        for (var ip : status.children("podIPs")) {
            ips.add(address(ip, "ip"));
        }
        if (ips.isEmpty() && status.has("podIP")) {
            ips.add(address(status, "podIP"));
        }
        return Optional.of(new Pod.Status(status.text("phase"), ips, ready));
    }

    private static PodSpec podSpec(Fields spec) {
        var ports = new ArrayList<PodSpec.ContainerPort>();
        var containers = new ArrayList<>(spec.children("containers"));
        // Init containers that stay are sidecars, and can serve.
        spec.children("initContainers").stream()
                .filter(c -> c.isText("restartPolicy", "Always"))
                .forEach(containers::add);
        for (var container : containers) {
            for (var port : container.children("ports")) {
                ports.add(
                        new PodSpec.ContainerPort(
                                port.text("name"),
                                port.integer("containerPort", 1, PORT_MAX, 0),
                                protocol(port)));
            }
        }
        var account = spec.text("serviceAccountName");
        return new PodSpec(
                account.isEmpty() ? "default" : account,
                spec.text("nodeName"),
                spec.bool("hostNetwork"),
                ports);
    }

    static Service service(Fields top, Meta meta) {
        var spec = spec(top);
        var type =
                spec.choice(
                        "type", Service.Type.class, Service.Type.CLUSTER_IP, CoreKinds::camelCase);
        var listed = spec.texts("clusterIPs");
        var single = spec.text("clusterIP");
        var ips = listed.isEmpty() && !single.isEmpty() ? List.of(single) : listed;
        boolean headless = ips.contains("None");
        for (var ip : ips) {
            if (!headless && Addresses.ip(ip).isEmpty()) {
                throw spec.bad("clusterIP", "'" + ip + "' (expected: an IP address or None)");
            }
        }
        var ports = new ArrayList<Service.Port>();
        spec.children("ports").forEach(p -> ports.add(servicePort(p)));
        return new Service(
                meta,
                type,
                headless,
                headless ? List.of() : ips,
                spec.map("selector"),
                ports,
                spec.texts("ipFamilies"),
                spec.text("trafficDistribution"),
                spec.isText("internalTrafficPolicy", "Local"),
                spec.bool("publishNotReadyAddresses"));
    }

    private static Service.Port servicePort(Fields port) {
        int number = port.integer("port", 1, PORT_MAX, 0);
        if (number == 0) {
            throw port.bad("port", "missing (expected: a number from 1 to " + PORT_MAX + ")");
        }
        boolean named =
                port.has("targetPort") && port.numberIfNumeric("targetPort", 0, PORT_MAX).isEmpty();
        int target = port.numberIfNumeric("targetPort", 0, PORT_MAX).orElse(0);
        return new Service.Port(
                port.text("name"),
                number,
                protocol(port),
                named ? 0 : target == 0 ? number : target,
                named ? port.text("targetPort") : "",
                port.text("appProtocol"));
    }

    static EndpointSlice endpointSlice(Fields top, Meta meta) {
        var endpoints = new ArrayList<EndpointSlice.Endpoint>();
        for (var endpoint : top.children("endpoints")) {
            var conditions = endpoint.child("conditions");
            // The API: an absent condition means ready.
            boolean ready = conditions.map(c -> !c.has("ready") || c.bool("ready")).orElse(true);
            var target =
                    endpoint.child("targetRef")
                            .map(t ->
                                    new EndpointSlice.Target(
                                            t.text("kind"),
                                            t.text("namespace"),
                                            t.text("name"),
                                            t.text("uid")));
            endpoints.add(new EndpointSlice.Endpoint(endpoint.texts("addresses"), ready, target));
        }
        var ports = new ArrayList<EndpointSlice.Port>();
        for (var port : top.children("ports")) {
            ports.add(
                    new EndpointSlice.Port(
                            port.text("name"),
                            port.integer("port", 0, PORT_MAX, 0),
                            protocol(port)));
        }
        return new EndpointSlice(
                meta,
                meta.label(Names.SERVICE_NAME),
                top.isText("addressType", "FQDN"),
                endpoints,
                ports);
    }

    private static Fields spec(Fields top) {
        return top.child("spec")
                .orElseThrow(() -> top.bad("spec", "missing (expected: a mapping)"));
    }

    private static String protocol(Fields port) {
        var protocol = port.text("protocol");
        return protocol.isEmpty() ? "TCP" : protocol;
    }

    private static String address(Fields fields, String name) {
        var text = fields.text(name);
        if (Addresses.ip(text).isEmpty()) {
            throw fields.bad(name, "'" + text + "' (expected: an IP address)");
        }
        return text;
    }

    private static String camelCase(Service.Type type) {
        return switch (type) {
            case CLUSTER_IP -> "ClusterIP";
            case NODE_PORT -> "NodePort";
            case LOAD_BALANCER -> "LoadBalancer";
            case EXTERNAL_NAME -> "ExternalName";
        };
    }
}
