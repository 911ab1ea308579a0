package dev.ambit.bench.micro;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A mesh of any size: services of ten pods each, and policies over the namespace.
final class SampleMesh {
    static final String NAMESPACE = "shop";
    static final int PODS_PER_SERVICE = 10;
    static final int PORT = 8080;

    private SampleMesh() {}

    /// @param policies over the whole namespace; all but the last allow somebody else
    static MeshStore of(int services, int policies) {
        var changes = new ArrayList<Change>();
        for (int s = 0; s < services; s++) {
            var service = service(s);
            changes.add(new Change.PutService(service));
            for (int p = 0; p < PODS_PER_SERVICE; p++) {
                changes.add(new Change.PutWorkload(workload(s, p, service.key())));
            }
        }
        for (int i = 0; i < policies; i++) {
            String account = i == policies - 1 ? account(0) : "other-" + i;
            changes.add(new Change.PutPolicy(allow("allow-" + i, account)));
        }
        var store = new MeshStore("node-0");
        store.apply(changes);
        return store;
    }

    static SpiffeId identity(int service) {
        return new SpiffeId("cluster.local", NAMESPACE, account(service));
    }

    static InetAddress vip(int service) {
        return address(10, 96, service >> 8, service & 0xff);
    }

    static InetAddress pod(int service, int index) {
        int n = service * PODS_PER_SERVICE + index;
        return address(10, 42 + (n >> 16), n >> 8 & 0xff, n & 0xff);
    }

    private static String account(int service) {
        return "app-" + service;
    }

    private static Service service(int s) {
        String name = "svc-" + s;
        return new Service(
                new ServiceKey(NAMESPACE, name + "." + NAMESPACE + ".svc.cluster.local"),
                name,
                List.of(new NetworkAddress("", vip(s))),
                List.of(),
                Map.of(80, PORT),
                List.of(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Service.IpFamilies.AUTOMATIC,
                false,
                Service.Visibility.PUBLIC);
    }

    private static Workload workload(int s, int p, ServiceKey service) {
        String name = "svc-" + s + "-" + p;
        return new Workload(
                "Kubernetes//Pod/" + NAMESPACE + "/" + name,
                name,
                NAMESPACE,
                List.of(pod(s, p)),
                "",
                "",
                Workload.TunnelProtocol.HBONE,
                "cluster.local",
                account(s),
                Optional.empty(),
                Optional.empty(),
                "node-" + p % 4,
                "svc-" + s,
                "v1",
                Workload.WorkloadType.DEPLOYMENT,
                "svc-" + s,
                false,
                Optional.empty(),
                Map.of(service, Map.of(80, PORT)),
                List.of(),
                Workload.Health.HEALTHY,
                "Kubernetes",
                Workload.Locality.NONE,
                Workload.NetworkMode.STANDARD,
                1);
    }

    private static Policy allow(String name, String account) {
        var principal = new Policy.StringMatch.Exact("cluster.local/ns/shop/sa/" + account);
        var match =
                new Policy.Match(
                        List.of(),
                        List.of(),
                        List.of(principal),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of());
        return new Policy(
                NAMESPACE,
                name,
                Policy.Scope.NAMESPACE,
                Policy.Action.ALLOW,
                List.of(new Policy.Rule(List.of(new Policy.Clause(List.of(match))))),
                false);
    }

    private static InetAddress address(int a, int b, int c, int d) {
        try {
            return InetAddress.getByAddress(new byte[] {(byte) a, (byte) b, (byte) c, (byte) d});
        } catch (UnknownHostException impossible) {
            throw new AssertionError("four bytes", impossible);
        }
    }
}
