package dev.ambit.control.resource;

import dev.ambit.control.resource.ambit.AmbitKinds;
import dev.ambit.control.resource.data.DataKinds;
import dev.ambit.control.resource.extend.ExtensionKinds;
import dev.ambit.control.resource.observe.ObserveKinds;
import dev.ambit.control.resource.route.RouteKinds;
import dev.ambit.control.resource.security.AuthenticationKinds;
import dev.ambit.control.resource.traffic.TrafficKinds;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Node;

/// Which kinds are understood, and who reads them.
final class Kinds {
    private static final String ISTIO = ".istio.io";
    private static final String ISTIO_SECURITY = "security.istio.io";
    private static final String ISTIO_NETWORKING = "networking.istio.io";
    private static final String ISTIO_EXTENSIONS = "extensions.istio.io";
    private static final String ISTIO_TELEMETRY = "telemetry.istio.io";
    private static final String AMBIT = "ambit.dev";
    private static final String GATEWAY_API = "gateway.networking.k8s.io";

    private static final Map<String, KindReader> READERS =
            Map.ofEntries(
                    Map.entry("/Namespace", (f, m) -> new Namespace(m)),
                    Map.entry("/Node", CoreKinds::node),
                    Map.entry("/Pod", CoreKinds::pod),
                    Map.entry("/Service", CoreKinds::service),
                    Map.entry("/ServiceAccount", (f, m) -> new ServiceAccount(m)),
                    Map.entry("/Secret", DataKinds::secret),
                    Map.entry("/ConfigMap", DataKinds::configMap),
                    Map.entry("apps/Deployment", CoreKinds::deployment),
                    Map.entry("apps/ReplicaSet", (f, m) -> new ReplicaSet(m)),
                    Map.entry("discovery.k8s.io/EndpointSlice", CoreKinds::endpointSlice),
                    Map.entry(GATEWAY_API + "/Gateway", GatewayKinds::gateway),
                    Map.entry(GATEWAY_API + "/GatewayClass", GatewayKinds::gatewayClass),
                    Map.entry(ISTIO_NETWORKING + "/VirtualService", RouteKinds::virtualService),
                    Map.entry(GATEWAY_API + "/HTTPRoute", RouteKinds::httpRoute),
                    Map.entry(GATEWAY_API + "/GRPCRoute", RouteKinds::grpcRoute),
                    Map.entry(GATEWAY_API + "/TCPRoute", RouteKinds::tcpRoute),
                    Map.entry(GATEWAY_API + "/TLSRoute", RouteKinds::tlsRoute),
                    Map.entry(GATEWAY_API + "/ReferenceGrant", RouteKinds::referenceGrant),
                    Map.entry("split.smi-spec.io/TrafficSplit", RouteKinds::trafficSplit),
                    Map.entry(ISTIO_NETWORKING + "/DestinationRule", TrafficKinds::destinationRule),
                    Map.entry(GATEWAY_API + "/BackendTLSPolicy", TrafficKinds::backendTlsPolicy),
                    Map.entry(AMBIT + "/TrafficLimits", AmbitKinds::trafficLimits),
                    Map.entry(ISTIO_NETWORKING + "/ServiceEntry", NetworkingKinds::serviceEntry),
                    Map.entry(ISTIO_NETWORKING + "/WorkloadEntry", NetworkingKinds::workloadEntry),
                    Map.entry(ISTIO_NETWORKING + "/EnvoyFilter", ExtensionKinds::envoyFilter),
                    Map.entry(ISTIO_NETWORKING + "/ProxyConfig", ObserveKinds::proxyConfig),
                    Map.entry(ISTIO_EXTENSIONS + "/WasmPlugin", ExtensionKinds::wasmPlugin),
                    Map.entry(
                            ISTIO_EXTENSIONS + "/TrafficExtension",
                            ExtensionKinds::trafficExtension),
                    Map.entry(ISTIO_TELEMETRY + "/Telemetry", ObserveKinds::telemetry),
                    Map.entry(
                            ISTIO_SECURITY + "/PeerAuthentication",
                            SecurityKinds::peerAuthentication),
                    Map.entry(
                            ISTIO_SECURITY + "/AuthorizationPolicy",
                            SecurityKinds::authorizationPolicy),
                    Map.entry(
                            ISTIO_SECURITY + "/RequestAuthentication",
                            AuthenticationKinds::requestAuthentication));

    /// Known, and without effect here on purpose.
    private static final Map<String, String> ELSEWHERE =
            Map.of(
                    ISTIO_NETWORKING + "/Sidecar",
                    "a Sidecar is for sidecars; a waypoint is sent what it stands before and what"
                            + " its routes name");

    private Kinds() {}

    sealed interface Outcome {}

    record Understood(Resource resource) implements Outcome {}

    record WithoutEffect(String why) implements Outcome {}

    static Outcome read(Node node, Header header, String file) {
        var name = header.group() + "/" + header.key().kind();
        var reader = READERS.get(name);
        if (reader == null) {
            return new WithoutEffect(
                    "has no effect: "
                            + ELSEWHERE.getOrDefault(
                                    name, "'" + name + "' is not understood here"));
        }
        // Istio's resources are refused for what an API server would only prune: a misspelt field
        // of
        // a policy is a hole. Kubernetes' own kinds have far more fields than matter here.
        boolean strict = header.group().endsWith(ISTIO) || header.group().equals(AMBIT);
        var top = Fields.of(node, new Fields.Where(file, header.key().toString(), strict), "");
        var resource = reader.read(top, meta(top, header));
        if (strict) {
            top.text("apiVersion");
            top.text("kind");
            top.child("status");
            top.noOthers();
        }
        return new Understood(resource);
    }

    static Meta meta(Fields top, Header header) {
        var metadata = top.child("metadata").orElseThrow();
        return new Meta(
                header.key().namespace(),
                header.key().name(),
                metadata.text("uid"),
                metadata.map("labels"),
                metadata.map("annotations"),
                created(metadata),
                metadata.has("deletionTimestamp"),
                controller(metadata),
                metadata.has("generateName"),
                top.origin(),
                top.text("apiVersion"),
                generation(metadata));
    }

    private static long generation(Fields metadata) {
        return metadata.integer("generation", 0, Integer.MAX_VALUE, 0);
    }

    private static Optional<Instant> created(Fields metadata) {
        var text = metadata.text("creationTimestamp");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeException e) {
            throw metadata.bad(
                    "creationTimestamp", "'" + text + "' (expected: like 2026-01-31T12:00:00Z)");
        }
    }

    private static Optional<Meta.Owner> controller(Fields metadata) {
        for (var owner : metadata.children("ownerReferences")) {
            if (owner.bool("controller")) {
                return Optional.of(new Meta.Owner(owner.text("kind"), owner.text("name")));
            }
        }
        return Optional.empty();
    }
}
