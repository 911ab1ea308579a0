package dev.ambit.ztunnel.dns;

import static dev.ambit.ztunnel.dns.DnsMesh.name;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.ztunnel.dns.DnsDecision.Answer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/// Names, as a client in `ns1` asks for them, and what becomes of the query. The first table is the
/// reference's own, row by row (its `dns/server.rs`, test `lookup`); where we do better on purpose,
/// the row says `better`.
class DnsRouterTest {
    private static final DnsRouter.Client CLIENT =
            new DnsRouter.Client("ns1", "nw1", DnsMesh.search());

    private final DnsRouter router =
            new DnsRouter(DnsMesh.store(), DnsMesh.SETTINGS, new SplittableRandom(1));

    private static DnsQuery.Understood ask(String host, String type) {
        var question = Record.newRecord(name(host), Type.value(type), DClass.IN);
        return DnsQuery.of(Message.newQuery(question).toWire()).understood().orElseThrow();
    }

    private String decide(String host, String type) {
        return text(router.decide(ask(host, type), CLIENT));
    }

    /// `forward`, `nodata`, `nxdomain`, or the answer section: alias first, then sorted.
    private static String text(DnsDecision decision) {
        return switch (decision) {
            case DnsDecision.Forward() -> "forward";
            case Answer answer when answer.answers().isEmpty() -> {
                assertThat(answer.authority()).hasSize(1);
                assertThat(answer.authority().getFirst().getType()).isEqualTo(Type.SOA);
                yield answer.rcode() == Rcode.NXDOMAIN ? "nxdomain" : "nodata";
            }
            case Answer answer -> {
                assertThat(answer.rcode()).isEqualTo(Rcode.NOERROR);
                assertThat(answer.authority()).isEmpty();
                assertThat(answer.answers()).allMatch(record -> record.getTTL() == 30);
                yield records(answer.answers());
            }
        };
    }

    private static String records(List<Record> records) {
        return records.stream()
                .sorted((a, b) ->
                        a.getType() == b.getType()
                                ? a.rdataToString().compareTo(b.rdataToString())
                                : (a.getType() == Type.CNAME ? -1 : 1))
                .map(r -> r.getName() + " " + Type.string(r.getType()) + " " + r.rdataToString())
                .collect(Collectors.joining("; "));
    }

    @ParameterizedTest
    @CsvSource({
        "unsupported type, productpage.ns1, NS, forward",
        "non k8s host, www.google.com, A, www.google.com. A 1.1.1.1",
        "non k8s host with search namespace, www.google.com.ns1.svc.cluster.local, A,"
                + " www.google.com.ns1.svc.cluster.local. CNAME www.google.com.;"
                + " www.google.com. A 1.1.1.1",
        "unknown host, www.bing.com, A, forward",
        "fqdn, productpage.ns1.svc.cluster.local, A,"
                + " productpage.ns1.svc.cluster.local. A 9.9.9.9",
        "name.namespace, productpage.ns1, A, productpage.ns1. A 9.9.9.9",
        "short name, productpage, A, productpage. A 9.9.9.9",
        "name.namespace with search namespace, productpage.ns1.ns1.svc.cluster.local, A,"
                + " productpage.ns1.ns1.svc.cluster.local. CNAME productpage.ns1.;"
                + " productpage.ns1. A 9.9.9.9",
        "AAAA of IPv4 host with search namespace, productpage.ns1.ns1.svc.cluster.local, AAAA,"
                + " nodata",
        "other namespace, example.ns2, A, example.ns2. A 10.10.10.10",
        "other namespace fqdn, example.ns2.svc.cluster.local, A,"
                + " example.ns2.svc.cluster.local. A 10.10.10.10",
        "not visible, nslocal.ns2.svc.cluster.local, A, forward",
        "visible in own namespace, nslocalsame.ns1.svc.cluster.local, A,"
                + " nslocalsame.ns1.svc.cluster.local. A 10.10.10.241",
        "name.namespace.svc, example.ns2.svc, A, example.ns2.svc. A 10.10.10.10",
        "other namespace short name, example, A, forward",
        "remote cluster fqdn, details.ns2.svc.cluster.remote, A,"
                + " details.ns2.svc.cluster.remote. A 11.11.11.11;"
                + " details.ns2.svc.cluster.remote. A 12.12.12.12;"
                + " details.ns2.svc.cluster.remote. A 13.13.13.13;"
                + " details.ns2.svc.cluster.remote. A 14.14.14.14",
        "remote cluster name.namespace, details.ns2, A, forward",
        "A only, dual.localhost, A, dual.localhost. A 2.2.2.2",
        "AAAA only, dual.localhost, AAAA," + " dual.localhost. AAAA 2001:db8:0:0:0:ff00:42:8329",
        "A of IPv6 host, ipv6.localhost, A, nodata",
        "AAAA of IPv4 host, ipv4.localhost, AAAA, nodata",
        "wildcard, foo.wildcard, A, foo.wildcard. A 10.10.10.20",
        "specific wildcard, a.b.wildcard, A, a.b.wildcard. A 11.11.11.21",
        "wildcard with domain, foo.svc.mesh.company.net, A,"
                + " foo.svc.mesh.company.net. A 10.1.2.3",
        "wildcard with namespace, foo.foons.svc.mesh.company.net, A,"
                + " foo.foons.svc.mesh.company.net. A 10.1.2.3",
        "wildcard with search domain, foo.svc.mesh.company.net.ns1.svc.cluster.local, A,"
                + " foo.svc.mesh.company.net.ns1.svc.cluster.local. A 10.1.2.3",
        "no address on this network, nw2-only.ns1.svc.cluster.local, A, nodata",
        "address of this network only, both-networks.ns1.svc.cluster.local, A,"
                + " both-networks.ns1.svc.cluster.local. A 21.21.21.21",
        "headless A, headless.ns1.svc.cluster.local, A,"
                + " headless.ns1.svc.cluster.local. A 30.30.30.30;"
                + " headless.ns1.svc.cluster.local. A 31.31.31.31",
        "headless AAAA, headless.ns1.svc.cluster.local, AAAA,"
                + " headless.ns1.svc.cluster.local. AAAA 2001:db8:0:0:0:0:0:30;"
                + " headless.ns1.svc.cluster.local. AAAA 2001:db8:0:0:0:0:0:31",
        "headless IPv6 only AAAA, headless-ipv6.ns1.svc.cluster.local, AAAA,"
                + " headless-ipv6.ns1.svc.cluster.local. AAAA 2001:db8:0:0:0:0:0:33",
        "headless IPv6 only A, headless-ipv6.ns1.svc.cluster.local, A, nodata",
        "better: pod fqdn, headless.pod0.ns1.svc.cluster.local, A,"
                + " headless.pod0.ns1.svc.cluster.local. A 30.30.30.30",
        "better: pod name.domain.ns, headless.pod0.ns1, A," + " headless.pod0.ns1. A 30.30.30.30",
        "headless external without IPs, headless-no-endpoints.example.com, A, forward",
        "headless external, headless.example.com, A, forward",
        "preferred namespace, preferred.io, A, preferred.io. A 10.10.10.211",
        "own namespace, everywhere.io, A, everywhere.io. A 10.10.10.112",
        "canonical, canonical.svc, A, canonical.svc. A 10.10.10.141",
        "own before canonical, canonical.with.local, A, canonical.with.local. A 10.10.10.150",
    })
    void lookup_rowOfTheReference_isDecided(String row, String host, String type, String expected) {
        assertThat(decide(host, type)).as(row).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "case is kept, ProductPage.NS1, A, ProductPage.NS1. A 9.9.9.9",
        "pod of a StatefulSet, sts-0.sts, A, sts-0.sts. A 34.34.34.34",
        "pod of a StatefulSet fqdn, sts-0.sts.ns1.svc.cluster.local, A,"
                + " sts-0.sts.ns1.svc.cluster.local. A 34.34.34.34",
        "pod by its address, 34-34-34-34.sts.ns1.svc, A, 34-34-34-34.sts.ns1.svc. A 34.34.34.34",
        "pod AAAA that it has not, sts-0.sts, AAAA, nodata",
        "pod that is not there, sts-7.sts.ns1.svc.cluster.local, A, forward",
        "name below a service with address, x.productpage.ns1.svc.cluster.local, A, forward",
        "SRV, productpage.ns1, SRV,"
                + " productpage.ns1. SRV 0 100 80 productpage.ns1.svc.cluster.local.",
        "SRV headless by hostname, sts.ns1, SRV,"
                + " sts.ns1. SRV 0 100 8080 sts-0.sts.ns1.svc.cluster.local.",
        "SRV by port name, _http._tcp.productpage.ns1, SRV, forward",
        "SRV below a wildcard by port name, _http._tcp.wildcard, SRV, forward",
        "SRV of a wildcard, foo.wildcard, SRV, foo.wildcard. SRV 0 100 80 foo.wildcard.",
        "SRV without address here, nw2-only.ns1.svc.cluster.local, SRV, nodata",
        "SRV unknown, www.bing.com, SRV, forward",
        "PTR of a service, 9.9.9.9.in-addr.arpa, PTR,"
                + " 9.9.9.9.in-addr.arpa. PTR productpage.ns1.svc.cluster.local.",
        "PTR of a hidden service, 240.10.10.10.in-addr.arpa, PTR, forward",
        "PTR of a wildcard, 3.2.1.10.in-addr.arpa, PTR, forward",
        "PTR of a pod with hostname, 30.30.30.30.in-addr.arpa, PTR,"
                + " 30.30.30.30.in-addr.arpa. PTR headless.pod0.ns1.svc.cluster.local.",
        "PTR of a pod of a headless service, 34.34.34.34.in-addr.arpa, PTR,"
                + " 34.34.34.34.in-addr.arpa. PTR sts-0.sts.ns1.svc.cluster.local.",
        "PTR of a pod without one, 1.0.0.10.in-addr.arpa, PTR, forward",
        "PTR of a stranger, 8.8.8.8.in-addr.arpa, PTR, forward",
        "PTR of an allotted address, 7.0.240.240.in-addr.arpa, PTR,"
                + " 7.0.240.240.in-addr.arpa. PTR allotted.example.com.",
        "PTR of an address allotted to nobody, 8.0.240.240.in-addr.arpa, PTR, nxdomain",
        "PTR of part of an address, 240.240.in-addr.arpa, PTR, forward",
        "PTR of no address, x.y.in-addr.arpa, PTR, forward",
        "PTR of no reverse name, productpage.ns1, PTR, forward",
        "HTTPS, www.google.com, HTTPS, forward",
        "ANY, www.google.com, ANY, forward",
        "root, ., A, forward",
        "root, ., SRV, forward",
    })
    void lookup_rowOfOurs_isDecided(String row, String host, String type, String expected) {
        assertThat(decide(host, type)).as(row).isEqualTo(expected);
    }

    @Test
    void allottedIpv6Address_ofNobody_doesNotExist() {
        var reverse = "1." + "0.".repeat(19) + "0.0.0.0.2.0.0.0.1.0.0.2.ip6.arpa";

        assertThat(decide(reverse, "PTR")).isEqualTo("nxdomain");
    }

    @Test
    void negativeAnswer_hasTheSoaOfAZoneThatContainsTheName() {
        for (var host : List.of("nw2-only.ns1.svc.cluster.local", "nw2-only.ns1", "nw2-only")) {
            var answer = (Answer) router.decide(ask(host, "A"), CLIENT);

            assertThat(answer.endpoints()).isZero();
            assertThat(answer.result().text()).isEqualTo("no records");
            assertThat(name(host).subdomain(answer.authority().getFirst().getName())).isTrue();
        }
    }

    @Test
    void familyThatTheServiceHasNot_isSaidSo() {
        var answer = (Answer) router.decide(ask("headless-ipv6.ns1", "A"), CLIENT);

        assertThat(answer.result().text()).isEqualTo("service does not support this record type");
    }

    @Test
    void ipv6TurnedOff_givesNoAaaa() {
        var settings =
                new DnsSettings(
                        true,
                        DnsMesh.SETTINGS.listen(),
                        name("cluster.local"),
                        Optional.empty(),
                        false);
        var off = new DnsRouter(DnsMesh.store(), settings, new SplittableRandom(1));

        assertThat(text(off.decide(ask("dual.localhost", "AAAA"), CLIENT))).isEqualTo("nodata");
        assertThat(text(off.decide(ask("headless.ns1", "AAAA"), CLIENT))).isEqualTo("nodata");
    }

    /// The reference counts them before it adds them, so that it logs 0 or 1.
    @Test
    void endpoints_areThoseInTheAnswer() {
        var four = (Answer) router.decide(ask("details.ns2.svc.cluster.remote", "A"), CLIENT);
        var alias = (Answer) router.decide(ask("www.google.com.svc.cluster.local", "A"), CLIENT);

        assertThat(four.endpoints()).isEqualTo(4);
        assertThat(alias.endpoints()).isEqualTo(1);
    }

    @Test
    void order_isDrawnAnew() {
        var orders =
                Stream.generate(() ->
                                (Answer)
                                        router.decide(
                                                ask("details.ns2.svc.cluster.remote", "A"), CLIENT))
                        .limit(50)
                        .map(answer -> answer.answers().getFirst().rdataToString())
                        .distinct()
                        .toList();

        assertThat(orders).hasSize(4);
    }

    @Test
    void srv_bringsTheAddressesOfItsTargets() {
        var answer = (Answer) router.decide(ask("headless.ns1", "SRV"), CLIENT);

        assertThat(records(answer.additional()))
                .contains("A 30.30.30.30")
                .contains("AAAA 2001:db8:0:0:0:0:0:31");
    }

    @Test
    void searchDomainOfThePod_isTakenOff() {
        var own = new DnsRouter.Client("ns1", "nw1", List.of(name("corp.example")));

        assertThat(text(router.decide(ask("www.google.com.corp.example", "A"), own)))
                .isEqualTo(
                        "www.google.com.corp.example. CNAME www.google.com.;"
                                + " www.google.com. A 1.1.1.1");
        // What is not in its list is not taken off.
        assertThat(text(router.decide(ask("www.google.com.svc.cluster.local", "A"), own)))
                .isEqualTo("forward");
    }

    /// The reference's table `test_to_kube_fqdns`.
    @ParameterizedTest
    @CsvSource({
        "name, name.ns1.svc.cluster.local.",
        "name.ns2, name.ns2.svc.cluster.local. name.ns2.ns1.svc.cluster.local.",
        "name.ns2.svc, name.ns2.svc.cluster.local. name.ns2.svc.svc.cluster.local.",
        "name.ns2.not-svc, name.ns2.not-svc.svc.cluster.local.",
        "pod.sub-domain.ns.svc, pod.sub-domain.ns.svc.cluster.local.",
        "pod.sub-domain.ns.not-svc, ''",
        "name.ns2.svc.cluster, ''",
        "name.ns2.svc.cluster.local, ''",
        "www.google.com, www.google.com.svc.cluster.local.",
    })
    void expand_rowOfTheReference_isTheSame(String host, String expected) {
        var names = new KubeNames(name("cluster.local"));

        assertThat(text(names.expand(name(host), "ns1"))).isEqualTo(expected);
    }

    @Test
    void wildcards_areTheReferences() {
        assertThat(KubeNames.wildcards(name("svc1"))).isEmpty();
        assertThat(text(KubeNames.wildcards(name("svc1.ns1.svc.cluster.local"))))
                .isEqualTo(
                        "*.ns1.svc.cluster.local. *.svc.cluster.local. *.cluster.local. *.local.");
    }

    @Test
    void longName_hasNoExpansionsThatDoNotFit() {
        var label = "x".repeat(63);
        var longest = name(label + "." + label + "." + label);

        assertThat(new KubeNames(name(label + ".cluster.local")).expand(longest, "ns1")).isEmpty();
    }

    private static String text(List<Name> names) {
        return names.stream().map(Name::toString).collect(Collectors.joining(" "));
    }
}
