package dev.ambit.e2e.mesh;

import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.Service;
import java.util.ArrayList;

/// What a pod reads as `/etc/hosts`. Stands in for cluster DNS, which the lab does not have: the
/// names of all services that have an address, in the forms that work in Kubernetes.
final class HostsFile {
    private HostsFile() {}

    /// @param namespace whose pods read it: services of their own namespace have a short name too
    static String of(ResourceSet resources, String namespace) {
        var text = new StringBuilder("127.0.0.1 localhost\n::1 localhost\n");
        for (Service service : resources.all(Service.class)) {
            String name = service.meta().name() + "." + service.meta().namespace();
            var names = new ArrayList<String>();
            if (service.meta().namespace().equals(namespace)) {
                names.add(service.meta().name());
            }
            names.add(name);
            names.add(name + ".svc");
            names.add(name + ".svc.cluster.local");
            for (String ip : service.clusterIps()) {
                text.append(ip).append(' ').append(String.join(" ", names)).append('\n');
            }
        }
        return text.toString();
    }
}
