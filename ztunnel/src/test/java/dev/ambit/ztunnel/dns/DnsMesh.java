package dev.ambit.ztunnel.dns;

import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.IpFamilies;
import dev.ambit.mesh.model.Service.Visibility;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.xbill.DNS.Name;

/// The mesh of the tests: a client in `ns1` on network `nw1`, and what there is to ask for.
final class DnsMesh {
    static final DnsSettings SETTINGS =
            new DnsSettings(
                    true,
                    new DnsSettings.Listen.Localhost(0),
                    name("cluster.local"),
                    Optional.of("preferred-ns"),
                    true);

    private DnsMesh() {}

    static Name name(String text) {
        return KubeNames.absolute(text).orElseThrow(() -> new AssertionError(text));
    }

    static List<Name> search() {
        return Stream.of("ns1.svc.cluster.local", "svc.cluster.local", "cluster.local")
                .map(DnsMesh::name)
                .toList();
    }

    static MeshStore store() {
        var batch = new ArrayList<Change>();
        services().forEach(service -> batch.add(new Change.PutService(service)));
        workloads().forEach(workload -> batch.add(new Change.PutWorkload(workload)));
        var store = new MeshStore("");
        store.apply(batch);
        return store;
    }

    private static List<Service> services() {
        return List.of(
                external("ns1", "www.google.com", "nw1/1.1.1.1"),
                kube("productpage", "ns1", "nw1/9.9.9.9"),
                kube("example", "ns2", "nw1/10.10.10.10"),
                hidden(kube("nslocal", "ns2", "nw1/10.10.10.240")),
                hidden(kube("nslocalsame", "ns1", "nw1/10.10.10.241")),
                external("ns2", "everywhere.io", "nw1/10.10.10.110"),
                external("ns2", "preferred.io", "nw1/10.10.10.210"),
                external("preferred-ns", "everywhere.io", "nw1/10.10.10.111"),
                external("preferred-ns", "preferred.io", "nw1/10.10.10.211"),
                external("ns1", "everywhere.io", "nw1/10.10.10.112"),
                external("ns2", "canonical.svc", "nw1/10.10.10.140"),
                canonical(external("ns3", "canonical.svc", "nw1/10.10.10.141")),
                external("ns1", "canonical.with.local", "nw1/10.10.10.150"),
                canonical(external("ns2", "canonical.with.local", "nw1/10.10.10.151")),
                external(
                        "ns2",
                        "details.ns2.svc.cluster.remote",
                        "nw1/11.11.11.11",
                        "nw1/12.12.12.12",
                        "nw1/13.13.13.13",
                        "nw1/14.14.14.14"),
                external("ns1", "ipv4.localhost", "nw1/2.2.2.2"),
                external("ns1", "ipv6.localhost", "nw1/2001:db8::ff00:42:8329"),
                external("ns1", "dual.localhost", "nw1/2.2.2.2", "nw1/2001:db8::ff00:42:8329"),
                external("ns1", "*.wildcard", "nw1/10.10.10.20"),
                external("ns1", "*.b.wildcard", "nw1/11.11.11.21"),
                external("ns1", "*.svc.mesh.company.net", "nw1/10.1.2.3"),
                kube("nw2-only", "ns1", "nw2/20.20.20.20"),
                kube("both-networks", "ns1", "nw1/21.21.21.21", "nw2/22.22.22.22"),
                kube("headless", "ns1"),
                external("ns1", "headless.example.com"),
                external("ns1", "headless-no-endpoints.example.com"),
                families(kube("headless-ipv6", "ns1"), IpFamilies.IPV6_ONLY),
                kube("sts", "ns1"),
                external("ns1", "allotted.example.com", "nw1/240.240.0.7"));
    }

    private static List<Workload> workloads() {
        return List.of(
                workload("client", "", "", "10.0.0.1"),
                workload(
                        "headless0",
                        "headless.pod0.ns1.svc.cluster.local",
                        "headless.ns1.svc.cluster.local",
                        "30.30.30.30",
                        "2001:db8::30"),
                workload(
                        "headless1",
                        "headless.pod1.ns1.svc.cluster.local",
                        "headless.ns1.svc.cluster.local",
                        "31.31.31.31",
                        "2001:db8::31"),
                workload(
                        "headless-external",
                        "",
                        "headless.example.com",
                        "32.32.32.32",
                        "2001:db8::32"),
                workload(
                        "headless2",
                        "headless2.pod2.ns1.svc.cluster.local",
                        "headless-ipv6.ns1.svc.cluster.local",
                        "33.33.33.33",
                        "2001:db8::33"),
                workload("sts-0", "", "sts.ns1.svc.cluster.local", "34.34.34.34"));
    }

    private static Service kube(String name, String namespace, String... vips) {
        return external(namespace, name + "." + namespace + ".svc.cluster.local", vips);
    }

    private static Service external(String namespace, String hostname, String... vips) {
        return service(
                namespace, hostname, IpFamilies.AUTOMATIC, false, Visibility.PUBLIC, vips(vips));
    }

    private static List<NetworkAddress> vips(String... texts) {
        return Stream.of(texts)
                .map(text -> text.split("/", 2))
                .map(pair -> new NetworkAddress(pair[0], InetAddress.ofLiteral(pair[1])))
                .toList();
    }

    private static Service hidden(Service s) {
        return service(
                s.key().namespace(),
                s.key().hostname(),
                s.ipFamilies(),
                s.canonical(),
                Visibility.NAMESPACE,
                s.vips());
    }

    private static Service canonical(Service s) {
        return service(
                s.key().namespace(),
                s.key().hostname(),
                s.ipFamilies(),
                true,
                s.visibility(),
                s.vips());
    }

    private static Service families(Service s, IpFamilies families) {
        return service(
                s.key().namespace(),
                s.key().hostname(),
                families,
                s.canonical(),
                s.visibility(),
                s.vips());
    }

    private static Service service(
            String namespace,
            String hostname,
            IpFamilies families,
            boolean canonical,
            Visibility visibility,
            List<NetworkAddress> vips) {
        return new Service(
                new ServiceKey(namespace, hostname),
                hostname,
                vips,
                List.of(),
                Map.of(80, 8080),
                List.of(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                families,
                canonical,
                visibility);
    }

    static Workload workload(String name, String hostname, String service, String... addresses) {
        Map<ServiceKey, Map<Integer, Integer>> services =
                service.isEmpty()
                        ? Map.of()
                        : Map.of(new ServiceKey("ns1", service), Map.of(80, 8080));
        return new Workload(
                "Kubernetes//Pod/ns1/" + name,
                name,
                "ns1",
                Stream.of(addresses).map(InetAddress::ofLiteral).toList(),
                hostname,
                "nw1",
                Workload.TunnelProtocol.HBONE,
                "cluster.local",
                "default",
                Optional.empty(),
                Optional.empty(),
                "node-1",
                name,
                "v1",
                Workload.WorkloadType.POD,
                name,
                false,
                Optional.empty(),
                services,
                List.of(),
                Workload.Health.HEALTHY,
                "Kubernetes",
                Workload.Locality.NONE,
                Workload.NetworkMode.STANDARD,
                1);
    }
}
