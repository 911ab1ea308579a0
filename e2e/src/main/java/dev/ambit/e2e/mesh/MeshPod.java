package dev.ambit.e2e.mesh;

import dev.ambit.control.resource.Pod;
import dev.ambit.e2e.lab.LabPod;
import java.util.List;
import java.util.Locale;

/// A pod of the YAML that runs in the lab.
///
/// @param enrolled whether the mesh captures it
public record MeshPod(LabPod place, Pod pod, boolean enrolled) {
    static final String COMMAND = "lab.ambit.dev/command";
    private static final List<String> RAW = List.of("echo", "sink", "source", "halfclose", "reset");

    /// Whether the pod goes on as it is where its manifest is that one now: labels and annotations
    /// may change, what it was started with may not.
    boolean canBecome(Pod manifest, boolean meshed) {
        return meshed == enrolled
                && manifest.spec().equals(pod.spec())
                && manifest.reachableAddresses().equals(pod.reachableAddresses())
                && manifest.meta().annotation(COMMAND).equals(command());
    }

    public String serviceAccount() {
        return pod.spec().serviceAccount();
    }

    public String identity() {
        return "spiffe://cluster.local/ns/%s/sa/%s".formatted(place.namespace(), serviceAccount());
    }

    public String address() {
        return place.address().getHostAddress();
    }

    /// What the lab's server does on each container port: the port's name says which mode, HTTP if
    /// it says nothing known. Empty when a command of the pod's own runs, or it has no ports.
    List<String> serverPorts() {
        return pod.spec().ports().stream()
                .filter(port -> port.protocol().equals("TCP"))
                .map(port -> {
                    String name = port.name().toLowerCase(Locale.ROOT);
                    String mode = RAW.stream().filter(name::startsWith).findFirst().orElse("http");
                    return mode + ":" + port.port();
                })
                .toList();
    }

    String command() {
        return pod.meta().annotation(COMMAND);
    }

    @Override
    public String toString() {
        return place.toString();
    }
}
