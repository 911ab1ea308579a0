package dev.ambit.control.l7.listener;

import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.MeshService.Source;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.proto.workload.NetworkAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/// At which addresses a waypoint takes traffic for a service.
final class VirtualAddresses {
    private static final String NONE = "0.0.0.0";

    private final Rendering rendering;
    private final Map<ServiceKey, CompiledService> global = new HashMap<>();

    VirtualAddresses(Rendering rendering) {
        this.rendering = rendering;
        if (rendering.settings().multiNetwork()) {
            for (var service : rendering.scope().model().mesh().services()) {
                if (service.global()) {
                    global.put(service.key(), service);
                }
            }
        }
    }

    /// Sorted as texts. As istiod, a service without an address has one that nobody can ask for.
    List<String> of(MeshService service) {
        var all = new TreeSet<>(own(service));
        Optional.ofNullable(global.get(service.key())).ifPresent(g -> all.addAll(offered(g)));
        return List.copyOf(all);
    }

    /// The one that stands for the service.
    String first(MeshService service) {
        var own = own(service);
        return own.isEmpty() ? NONE : own.getFirst();
    }

    private List<String> own(MeshService service) {
        if (service.addresses().isEmpty()) {
            return List.of(NONE);
        }
        // An entry's addresses are matched whatever they are; a cluster's must be reachable.
        var fitting = service.addresses().stream().filter(a -> fits(a)).toList();
        return fitting.isEmpty() && service.source() == Source.SERVICE_ENTRY
                ? List.of(service.addresses().getFirst())
                : fitting;
    }

    private boolean fits(String address) {
        WaypointNode node = rendering.node();
        boolean v6 = address.indexOf(':') >= 0;
        return node.ipv4() && node.ipv6() || (v6 ? node.ipv6() : node.ipv4());
    }

    /// Those of this network.
    private List<String> offered(CompiledService service) {
        var network = rendering.node().network();
        return service.wire().getAddressesList().stream()
                .filter(a -> network.isEmpty() || a.getNetwork().equals(network))
                .map(VirtualAddresses::text)
                .filter(this::fits)
                .toList();
    }

    static String text(NetworkAddress address) {
        return text(address.getAddress().toByteArray());
    }

    static String text(byte[] address) {
        try {
            return InetAddress.getByAddress(address).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + address.length + " bytes", e);
        }
    }
}
