package dev.ambit.mesh.store;

import static dev.ambit.mesh.Records.at;
import static dev.ambit.mesh.Records.ip;
import static dev.ambit.mesh.Records.pod;
import static dev.ambit.mesh.Records.service;
import static dev.ambit.mesh.Records.store;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.MeshView.Target;
import dev.ambit.mesh.Records;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which service an address or a hostname is. "any" asks for nobody in particular.
class ServiceLookupTest {
    private static String found(MeshStore store, String address, String client) {
        var target =
                client.equals("any")
                        ? store.lookup(at(address))
                        : store.lookup(at(address), client);
        return switch (target) {
            case Target.OfService(var service) -> service.name();
            case Target.OfWorkload(var workload) -> workload.name();
            case Target.Unknown() -> "-";
        };
    }

    @ParameterizedTest(name = "{1} as seen from {2}")
    @CsvSource({
        // Two namespaces share an address and have one each of their own.
        "shared, 10.0.0.1, ns-a, a",
        "shared, 10.0.0.1, ns-b, b",
        "shared, 10.0.0.1, ns-c, a",
        "shared, 10.0.0.1, any, a",
        "shared, 10.0.0.2, ns-b, a",
        "shared, 10.0.0.3, ns-a, b",
        // A service that only its own namespace sees.
        "visibility, 10.0.0.1, ns-a, local",
        "visibility, 10.0.0.1, ns-b, -",
        "visibility, 10.0.0.1, any, local",
        "visibility, 10.1.0.5, ns-a, range",
        "visibility, 10.1.0.5, ns-b, -",
        "visibility, 10.1.0.5, any, range",
        // What is invisible by VIP may be visible by range.
        "fallThrough, 10.2.0.5, ns-a, exact",
        "fallThrough, 10.2.0.5, ns-b, range",
        "fallThrough, 10.2.0.5, any, exact",
        "canonical, 10.0.0.1, ns-a, a",
        "canonical, 10.0.0.1, ns-b, b",
        "canonical, 10.0.0.1, ns-c, b",
        "canonical, 10.0.0.1, any, b",
        "ranges, 10.0.0.5, any, narrow",
        "ranges, 10.0.0.255, any, narrow",
        "ranges, 10.0.1.5, any, wide",
        "ranges, 10.1.0.5, any, -",
        "ranges, fd00::5, any, narrow",
        "ranges, fd00::ffff, any, narrow",
        "ranges, fd00::1:0, any, wide",
        "ranges, fd01::5, any, -",
        // Never across families: the first bytes of both are the same.
        "families, 253.0.0.0, any, -",
        "families, a00::5, any, -",
        "families, 10.0.0.5, any, v4",
        "families, fd00::5, any, v6",
        "mixed, 10.0.0.1, any, mixed",
        "mixed, fd00::9, any, mixed",
        "mixed, 10.0.0.2, any, -",
        "exactFirst, 10.0.0.5, any, exact",
        "exactFirst, 10.0.0.6, any, range",
        "exactFirst, fd00::5, any, exact",
        "exactFirst, fd00::6, any, range",
        "exactFirst, 10.0.0.7, any, pod",
        "sameRange, 10.0.0.5, ns-a, a",
        "sameRange, 10.0.0.5, ns-b, b",
        // The client's namespace counts for more than a longer prefix.
        "namespaceFirst, 10.0.0.5, ns-local, local",
        "namespaceFirst, 10.0.0.5, ns-other, global",
        "namespaceFirst, 10.0.0.5, any, global",
        "namespaceFirst, 10.0.1.5, ns-other, local",
        "everything, 203.0.113.9, ns, everything",
    })
    void address_isTheService(String mesh, String address, String client, String expected) {
        assertThat(found(mesh(mesh), address, client)).isEqualTo(expected);
    }

    private static MeshStore mesh(String name) {
        return switch (name) {
            case "shared" ->
                    store(
                            service("ns-a", "a").vip("10.0.0.1").vip("10.0.0.2").build(),
                            service("ns-b", "b").vip("10.0.0.1").vip("10.0.0.3").build());
            case "visibility" ->
                    store(
                            service("ns-a", "local").vip("10.0.0.1").ownNamespaceOnly().build(),
                            service("ns-a", "range")
                                    .range("10.1.0.0/16")
                                    .ownNamespaceOnly()
                                    .build());
            case "fallThrough" ->
                    store(
                            service("ns-a", "exact").vip("10.2.0.5").ownNamespaceOnly().build(),
                            service("ns-b", "range").range("10.2.0.0/16").build());
            case "canonical" ->
                    store(
                            service("ns-a", "a").vip("10.0.0.1").build(),
                            service("ns-b", "b").vip("10.0.0.1").canonical().build());
            case "ranges" ->
                    store(
                            service("ns", "wide").range("10.0.0.0/16").range("fd00::/48").build(),
                            service("ns", "narrow")
                                    .range("10.0.0.0/24")
                                    .range("fd00::/112")
                                    .build());
            case "families" ->
                    store(
                            service("ns", "v4").range("10.0.0.0/24").build(),
                            service("ns", "v6").range("fd00::/112").build());
            case "mixed" ->
                    store(service("ns", "mixed").vip("10.0.0.1").range("fd00::/112").build());
            case "exactFirst" ->
                    store(
                            service("ns", "range").range("10.0.0.0/24").range("fd00::/112").build(),
                            service("ns", "exact").vip("10.0.0.5").vip("fd00::5").build(),
                            pod("pod").ip("10.0.0.7").build());
            case "sameRange" ->
                    store(
                            service("ns-a", "a").range("10.0.0.0/24").build(),
                            service("ns-b", "b").range("10.0.0.9/24").build());
            case "namespaceFirst" ->
                    store(
                            service("ns-local", "local").range("10.0.0.0/16").build(),
                            service("istio-system", "global").range("10.0.0.0/24").build());
            case "everything" -> store(service("x", "everything").range("0.0.0.0/0").build());
            default -> throw new AssertionError(name);
        };
    }

    @ParameterizedTest(name = "{0} as seen from {1}")
    @CsvSource({
        "local.example.com, ns-a, local",
        "local.example.com, ns-b, -",
        "public.example.com, ns-b, public",
        "shared.example.com, ns-a, shared-a",
        "shared.example.com, ns-b, shared-b",
        "shared.example.com, ns-c, shared-b",
        "unheard.example.com, ns-a, -",
    })
    void hostname_isTheService(String hostname, String client, String expected) {
        var mesh =
                store(
                        service("ns-a", "local")
                                .hostname("local.example.com")
                                .ownNamespaceOnly()
                                .build(),
                        service("ns-a", "public").hostname("public.example.com").build(),
                        service("ns-a", "shared-a")
                                .hostname("shared.example.com")
                                .ownNamespaceOnly()
                                .build(),
                        service("ns-b", "shared-b").hostname("shared.example.com").build());

        assertThat(mesh.serviceNamed(hostname, client).map(Service::name).orElse("-"))
                .isEqualTo(expected);
    }

    @Test
    void name_isTheService_elseTheWorkloadWithThatHostname() {
        var web = service("ns", "web").build();
        var vm = pod("vm").hostname("vm.example.com").build();
        var twin = pod("web-vm").hostname(web.key().hostname()).build();
        var mesh = store(web, vm, twin);

        assertThat(mesh.named(web.key())).isEqualTo(new Target.OfService(web));
        assertThat(mesh.named(new ServiceKey("ns", "vm.example.com")))
                .isEqualTo(new Target.OfWorkload(vm));
        assertThat(mesh.named(new ServiceKey("other", "vm.example.com")))
                .isEqualTo(new Target.Unknown());
        mesh.apply(List.of(new Change.RemoveAddress(web.key().toString())));
        assertThat(mesh.named(web.key())).isEqualTo(new Target.OfWorkload(twin));
    }

    @Test
    void hostname_isFoundInAnyCase_inTheOrderOfNamespaces() {
        var b = service("b", "x").hostname("cart.example.com").build();
        var a = service("a", "x").hostname("Cart.Example.com").build();
        var vm = pod("vm").hostname("VM.example.com").build();
        var mesh = store(b, a, vm);

        assertThat(mesh.servicesByHost("cart.EXAMPLE.com")).containsExactly(a, b);
        assertThat(mesh.workloadsByHost("vm.example.com")).containsExactly(vm);
        assertThat(mesh.workloadsByHost("cart.example.com")).isEmpty();
    }

    @Test
    void servicesAt_areAllThatHaveTheAddress_elseThoseOfTheLongestRange() {
        var hidden = service("ns-a", "a").vip("10.0.0.1").ownNamespaceOnly().build();
        var other = service("ns-b", "b").vip("10.0.0.1").build();
        var wide = service("ns-b", "wide").range("10.0.0.0/8").build();
        var narrow = service("ns-b", "narrow").range("10.0.0.0/16").build();
        var mesh = store(other, hidden, wide, narrow);

        assertThat(mesh.servicesAt(at("10.0.0.1"))).containsExactly(hidden, other);
        assertThat(mesh.servicesAt(at("10.0.0.2"))).containsExactly(narrow);
        assertThat(mesh.servicesAt(at("11.0.0.1"))).isEmpty();
    }

    @Test
    void range_belongsToItsNetwork() {
        var mesh = store(service("ns", "far").range("net-a", "10.0.0.0/24").build());

        assertThat(mesh.lookup(new NetworkAddress("net-a", ip("10.0.0.5")), "ns"))
                .isInstanceOf(Target.OfService.class);
        assertThat(mesh.lookup(new NetworkAddress("net-b", ip("10.0.0.5")), "ns"))
                .isEqualTo(new Target.Unknown());
    }

    /// The reference keeps one service per namespace and address, and loses both when one goes.
    @Test
    void vipOfTwoServicesOfOneNamespace_survivesTheRemovalOfEither() {
        for (var gone : List.of("a", "b")) {
            var mesh =
                    store(
                            service("ns", "a").vip("10.0.0.1").range("10.9.0.0/16").build(),
                            service("ns", "b").vip("10.0.0.1").range("10.9.0.0/16").build());
            mesh.apply(List.of(new Change.RemoveAddress("ns/" + gone + ".ns.svc.cluster.local")));
            var left = gone.equals("a") ? "b" : "a";

            assertThat(found(mesh, "10.0.0.1", "ns")).isEqualTo(left);
            assertThat(found(mesh, "10.9.1.1", "ns")).isEqualTo(left);
        }
    }

    /// The reference appends to its list of ranges with each endpoint and answers with the oldest.
    @Test
    void rangeOfAServiceWhoseEndpointsChange_isTheServiceAsItIs() {
        var first = service("ns", "ext").range("10.0.0.0/8").build();
        var mesh = store(first, pod("one").ip("192.168.0.1").behind(first).build());
        var second = service("ns", "ext").range("10.0.0.0/8").ports(java.util.Map.of(443, 443));
        Records.put(mesh, pod("two").ip("192.168.0.2").behind(first).build(), second.build());

        assertThat(mesh.lookup(at("10.1.1.1"), "ns"))
                .isEqualTo(new Target.OfService(second.build()));
        assertThat(mesh.endpoints(first.key())).hasSize(2);
        mesh.apply(List.of(new Change.RemoveAddress(first.key().toString())));
        assertThat(found(mesh, "10.1.1.1", "ns")).isEqualTo("-");
    }

    @Test
    void serviceThatMoves_leavesItsOldAddresses() {
        var mesh = store(service("ns", "s").vip("10.0.0.1").range("10.1.0.0/16").build());
        Records.put(mesh, service("ns", "s").vip("10.0.0.2").range("10.2.0.0/16").build());

        assertThat(found(mesh, "10.0.0.1", "ns")).isEqualTo("-");
        assertThat(found(mesh, "10.1.0.1", "ns")).isEqualTo("-");
        assertThat(found(mesh, "10.0.0.2", "ns")).isEqualTo("s");
        assertThat(found(mesh, "10.2.0.1", "ns")).isEqualTo("s");
    }

    @Test
    void hostNetworkWorkload_isNotFoundByTheNodesAddress() {
        var mesh = store(pod("host").ip("10.0.0.1").hostNetwork().build());

        assertThat(found(mesh, "10.0.0.1", "ns")).isEqualTo("-");
        assertThat(mesh.workload("Kubernetes//Pod/ns/host")).isPresent();
    }

    @Test
    void workloadThatBecomesHostNetwork_givesUpItsAddress() {
        var mesh = store(pod("w").ip("10.0.0.1").build());
        Records.put(mesh, pod("w").ip("10.0.0.1").hostNetwork().build());

        assertThat(found(mesh, "10.0.0.1", "ns")).isEqualTo("-");
    }

    /// Two points for a pod, one for HBONE; the newest of equals.
    @ParameterizedTest(name = "{0} or {1}")
    @CsvSource({
        "Kubernetes//Pod/ns/x hbone, Kubernetes//Pod/ns/y plain, Kubernetes//Pod/ns/x",
        "Kubernetes//Pod/ns/x plain, Kubernetes/net/WorkloadEntry/ns/y hbone, Kubernetes//Pod/ns/x",
        "Kubernetes/net/WorkloadEntry/ns/x hbone, Kubernetes/net/WorkloadEntry/ns/y plain, "
                + "Kubernetes/net/WorkloadEntry/ns/x",
        "Kubernetes//Pod/ns/x plain, Kubernetes//Pod/ns/y plain, Kubernetes//Pod/ns/y",
    })
    void addressOfTwoWorkloads_isTheBetterOnes(String first, String second, String expected) {
        var mesh = store(conflicting(first), conflicting(second));

        assertThat(mesh.workloadAt(at("10.0.0.1")).orElseThrow().uid()).isEqualTo(expected);
    }

    private static dev.ambit.mesh.model.Workload conflicting(String text) {
        var words = text.split(" ");
        var builder = Records.workload(words[0], "w").ip("10.0.0.1");
        return words[1].equals("hbone") ? builder.build() : builder.plain().build();
    }
}
