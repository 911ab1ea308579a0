package dev.ambit.control.compile;

import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.PortNames;
import dev.ambit.control.resource.EndpointSlice;
import dev.ambit.control.resource.EndpointSpec;
import dev.ambit.control.resource.Pod;
import dev.ambit.mesh.proto.workload.Port;
import dev.ambit.mesh.proto.workload.PortList;

/// Where a workload listens for a service's ports. What it has nothing to offer for is left out.
final class WorkloadPorts {
    private static final PortNames UNNAMED = new PortNames("", "");

    private WorkloadPorts() {}

    /// A service names container ports as targets; a ServiceEntry's own port names may be those of
    /// containers.
    static PortList ofPod(Pod pod, CompiledService service) {
        var list = PortList.newBuilder();
        for (var port : service.wire().getPortsList()) {
            var names = names(service, port);
            int target = port.getTargetPort();
            if (!names.target().isEmpty()) {
                target = pod.spec().port(names.target()).orElse(0);
            } else if (service.entry() && !names.port().isEmpty()) {
                target = pod.spec().port(names.port()).orElse(target);
            }
            add(list, port, target);
        }
        return list.build();
    }

    static PortList ofEntry(EndpointSpec spec, CompiledService service) {
        var list = PortList.newBuilder();
        for (var port : service.wire().getPortsList()) {
            var names = names(service, port);
            int target =
                    names.target().isEmpty()
                            ? spec.ports().getOrDefault(names.port(), port.getTargetPort())
                            : spec.ports().getOrDefault(names.target(), 0);
            add(list, port, target);
        }
        return list.build();
    }

    /// TCP alone, each port of the slice for the first port of the service that has its name.
    static PortList ofSlice(EndpointSlice slice, CompiledService service) {
        var list = PortList.newBuilder();
        for (var offered : slice.ports()) {
            if (!offered.protocol().equals("TCP")) {
                continue;
            }
            service.wire().getPortsList().stream()
                    .filter(p -> names(service, p).port().equals(offered.name()))
                    .findFirst()
                    .ifPresent(p -> add(list, p, offered.port()));
        }
        return list.build();
    }

    private static PortNames names(CompiledService service, Port port) {
        return service.names().getOrDefault(port.getServicePort(), UNNAMED);
    }

    private static void add(PortList.Builder list, Port port, int target) {
        if (target != 0) {
            list.addPorts(
                    Port.newBuilder().setServicePort(port.getServicePort()).setTargetPort(target));
        }
    }
}
