package dev.ambit.ztunnel.outbound;

import static dev.ambit.ztunnel.MeshOf.at;
import static dev.ambit.ztunnel.MeshOf.workload;
import static dev.ambit.ztunnel.outbound.Services.byAddress;
import static dev.ambit.ztunnel.outbound.Services.byName;
import static dev.ambit.ztunnel.outbound.Services.named;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.IpFamilies;
import dev.ambit.mesh.model.Service.LoadBalancing.Mode;
import dev.ambit.mesh.model.Service.LoadBalancing.Scope;
import dev.ambit.mesh.model.Workload;
import dev.ambit.ztunnel.MeshOf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What comes of a connection from 127.0.0.1 (or ::1) in a mesh. The rows that the reference's own
/// tests have are here under the same names; where one of theirs can't be served, ours says why.
class OutboundTableTest {
    private static final Workload SOURCE = workload("source", "127.0.0.1").also("::1").build();
    private static final Workload WAYPOINT = workload("waypoint", "127.0.0.10").build();
    private static final Workload WAYPOINT_DUAL =
            workload("waypoint-dual", "127.0.0.11").also("ff06::c5").build();
    private static final Map<Integer, Integer> NO_PORTS = Map.of();

    /// @param mesh besides the source and two waypoints
    private record Row(String name, String dst, int port, String expected, List<Object> mesh) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Row row(String name, String dst, String expected, Object... mesh) {
        return new Row(name, dst, 80, expected, List.of(mesh));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"workloads", "services", "waypoints", "networks", "names"})
    void decision(Row row) {
        assertThat(summary(decide(row))).isEqualTo(row.expected);
    }

    private static OutboundDecision decide(Row row) {
        var records = new ArrayList<Object>(List.of(SOURCE, WAYPOINT, WAYPOINT_DUAL));
        records.addAll(row.mesh);
        var router =
                new OutboundRouter(
                        MeshOf.store(records.toArray()), Set.of(15001), new SplittableRandom(1));
        var dst = at(row.dst, row.port);
        var client = dst.getAddress().getAddress().length == 4 ? "127.0.0.1" : "::1";
        return router.decide(
                new CapturedConnection(at(client, 5555), new OriginalDst(dst), SOURCE));
    }

    private static String summary(OutboundDecision decision) {
        return switch (decision) {
            case OutboundDecision.Passthrough(var hop) -> "passthrough " + hop;
            case OutboundDecision.Plain(var hop, var to) -> "tcp " + hop + " " + who(to);
            case OutboundDecision.Tunnel t ->
                    "hbone " + t.nextHop() + " " + t.authority() + " " + who(t.destination());
            case OutboundDecision.DoubleTunnel t ->
                    "double " + t.gateway() + " " + t.authority() + " " + who(t.destination());
            case OutboundDecision.Resolve r -> "resolve " + r.hostname();
            case OutboundDecision.Refused(var why) -> "refused: " + why.text();
        };
    }

    private static String who(OutboundDecision.Destination destination) {
        return destination.workload().name()
                + destination.service().map(service -> " of " + service.name()).orElse("");
    }

    static Stream<Row> workloads() {
        return Stream.of(
                row(
                        "build_request_unknown_dest",
                        "1.2.3.4",
                        "passthrough 1.2.3.4:80",
                        workload("my-pod", "127.0.0.2").build()),
                row(
                        "build_request_known_dest_remote_node_tcp",
                        "127.0.0.2",
                        "tcp 127.0.0.2:80 test",
                        workload("test", "127.0.0.2").plain().on("remote-node").build()),
                row(
                        "build_request_known_dest_remote_node_hbone",
                        "127.0.0.2",
                        "hbone 127.0.0.2:15008 127.0.0.2:80 test",
                        workload("test", "127.0.0.2").on("remote-node").build()),
                row(
                        "build_request_known_dest_local_node_tcp",
                        "127.0.0.2",
                        "tcp 127.0.0.2:80 test",
                        workload("test", "127.0.0.2").plain().build()),
                row(
                        "build_request_known_dest_local_node_hbone",
                        "127.0.0.2",
                        "hbone 127.0.0.2:15008 127.0.0.2:80 test",
                        workload("test", "127.0.0.2").build()),
                row(
                        "multiple_address_workload: v4",
                        "127.0.0.2",
                        "tcp 127.0.0.2:80 test",
                        workload("test", "127.0.0.2").also("ff06::c3").plain().build()),
                row(
                        "multiple_address_workload: v6",
                        "ff06::c3",
                        "tcp [ff06::c3]:80 test",
                        workload("test", "127.0.0.2").also("ff06::c3").plain().build()),
                row(
                        "unhealthy workload by its own address",
                        "127.0.0.2",
                        "hbone 127.0.0.2:15008 127.0.0.2:80 ill",
                        workload("ill", "127.0.0.2").unhealthy().build()));
    }

    static Stream<Row> services() {
        var ports = named("s").vip("127.0.0.3").ports(Map.of(80, 0, 8080, 0)).build();
        var onHost = named("s").vip("127.0.0.3").ports(Map.of(80, 80)).build();
        var pod1 = workload("pod1", "127.0.0.2").plain().behind(onHost, NO_PORTS).hostNetwork();
        var pod2 = workload("pod2", "127.0.0.2").plain().hostNetwork();
        var passthrough = named("s").vip("1.2.3.4").balancing(Mode.PASSTHROUGH).build();
        var ranged = named("s").range("10.8.0.0", 16).build();
        var hidden = named("s").vip("127.0.0.3").namespace("other").ownNamespaceOnly().build();
        return Stream.of(
                row(
                        "build_request_empty_service",
                        "127.0.0.3",
                        "refused: no healthy upstream: 127.0.0.3:80",
                        named("s").vip("127.0.0.3").build()),
                row(
                        "build_request_target_port",
                        "127.0.0.3",
                        "tcp 127.0.0.2:1234 matching of s",
                        ports,
                        workload("matching", "127.0.0.2")
                                .plain()
                                .behind(ports, Map.of(80, 1234))
                                .build(),
                        workload("unmatching", "127.0.0.4")
                                .plain()
                                .behind(ports, Map.of(8080, 9999))
                                .build()),
                row(
                        "build_request_host_network: to the service",
                        "127.0.0.3",
                        "tcp 127.0.0.2:80 pod1 of s",
                        onHost,
                        pod1.build(),
                        pod2.build()),
                row(
                        "build_request_host_network: to the node",
                        "127.0.0.2",
                        "passthrough 127.0.0.2:80",
                        onHost,
                        pod1.build(),
                        pod2.build()),
                families("service_ip_families: IPv6 only", IpFamilies.IPV6_ONLY, "127.0.0.3", true),
                families("service_ip_families: IPv4 only", IpFamilies.IPV4_ONLY, "::3", false),
                families("service_ip_families: dual, v4", IpFamilies.DUAL, "127.0.0.3", false),
                families("service_ip_families: dual, v6", IpFamilies.DUAL, "::3", true),
                families("automatic, v4", IpFamilies.AUTOMATIC, "127.0.0.3", false),
                families("automatic, v6", IpFamilies.AUTOMATIC, "::3", true),
                oneFamily("IPv6 only, endpoint has IPv4 only", IpFamilies.IPV6_ONLY),
                oneFamily("dual, endpoint has the other family only", IpFamilies.DUAL),
                row(
                        "build_request_passthrough_svc",
                        "1.2.3.4",
                        "passthrough 1.2.3.4:80",
                        passthrough),
                row(
                        "service by range",
                        "10.8.1.2",
                        "hbone 127.0.0.2:15008 127.0.0.2:8080 w of s",
                        ranged,
                        workload("w", "127.0.0.2").behind(ranged, NO_PORTS).build()),
                row(
                        "workload before range",
                        "10.8.1.2",
                        "hbone 10.8.1.2:15008 10.8.1.2:80 w",
                        ranged,
                        workload("w", "10.8.1.2").behind(ranged, NO_PORTS).build()),
                row(
                        "service of another namespace only",
                        "127.0.0.3",
                        "passthrough 127.0.0.3:80",
                        hidden));
    }

    private static Row families(String name, IpFamilies families, String dst, boolean v6) {
        var service = named("s").vip("127.0.0.3").vip("::3").families(families).build();
        return row(
                name,
                dst,
                v6
                        ? "hbone [ff06::c3]:15008 [ff06::c3]:8080 dual of s"
                        : "hbone 127.0.0.2:15008 127.0.0.2:8080 dual of s",
                service,
                workload("dual", "127.0.0.2").also("ff06::c3").behind(service, NO_PORTS).build());
    }

    private static Row oneFamily(String name, IpFamilies families) {
        var service = named("s").vip("::3").families(families).build();
        return row(
                name,
                "::3",
                families == IpFamilies.IPV6_ONLY
                        ? "refused: no valid routing destination for workload:"
                                + " Kubernetes//Pod/ns/four"
                        : "hbone 127.0.0.2:15008 127.0.0.2:8080 four of s",
                service,
                workload("four", "127.0.0.2").behind(service, NO_PORTS).build());
    }

    static Stream<Row> waypoints() {
        var byIp = byAddress("", "127.0.0.10", 15008);
        var service = named("wp").vip("127.0.0.4").ports(Map.of(15008, 15008)).proves("x").build();
        var behind = workload("wp-pod", "127.0.0.5").also("::5").behind(service, NO_PORTS).build();
        var guarded = named("s").vip("127.0.0.3").vip("::3").waypoint(byName("wp", 15008));
        var passthrough =
                named("s").vip("1.2.3.4").balancing(Mode.PASSTHROUGH).waypoint(byIp).build();
        var alone = workload("alone", "127.0.0.6").hostname("alone.example.com").build();
        return Stream.of(
                row(
                        "build_request_source_waypoint: the source's own is not used",
                        "127.0.0.1",
                        "hbone 127.0.0.1:15008 127.0.0.1:80 source",
                        workload("my-pod", "127.0.0.2").waypoint(byIp).build()),
                row(
                        "build_request_destination_waypoint",
                        "127.0.0.2",
                        "hbone 127.0.0.10:15008 127.0.0.2:80 waypoint",
                        workload("my-pod", "127.0.0.2").plain().waypoint(byIp).build()),
                row(
                        "build_request_destination_waypoint_mismatch_ip",
                        "ff06::c3",
                        "hbone 127.0.0.11:15008 [ff06::c3]:80 waypoint-dual",
                        workload("my-pod", "127.0.0.2")
                                .also("ff06::c3")
                                .waypoint(byAddress("", "127.0.0.11", 15008))
                                .build()),
                row(
                        "build_request_destination_svc_waypoint",
                        "127.0.0.3",
                        "hbone 127.0.0.10:15008 127.0.0.3:80 waypoint of s",
                        named("s").vip("127.0.0.3").waypoint(byIp).build()),
                row(
                        "build_request_passthrough_svc_with_waypoint",
                        "1.2.3.4",
                        "hbone 127.0.0.10:15008 1.2.3.4:80 waypoint of s",
                        passthrough),
                row(
                        "waypoint by hostname follows the caller's family: v4",
                        "127.0.0.3",
                        "hbone 127.0.0.5:15008 127.0.0.3:80 wp-pod of s",
                        guarded.build(),
                        service,
                        behind),
                row(
                        "waypoint by hostname follows the caller's family: v6",
                        "::3",
                        "hbone [::5]:15008 [::3]:80 wp-pod of s",
                        guarded.build(),
                        service,
                        behind),
                row(
                        "waypoint by a service's address",
                        "127.0.0.2",
                        "hbone 127.0.0.5:15008 127.0.0.2:80 wp-pod",
                        workload("w", "127.0.0.2")
                                .waypoint(byAddress("", "127.0.0.4", 15008))
                                .build(),
                        service,
                        behind),
                row(
                        "waypoint by a workload's hostname",
                        "127.0.0.2",
                        "hbone 127.0.0.6:15008 127.0.0.2:80 alone",
                        workload("w", "127.0.0.2").waypoint(byName("alone", 15008)).build(),
                        alone),
                row(
                        "service-addressed: the workload's waypoint is not used",
                        "127.0.0.4",
                        "refused: no healthy upstream: 127.0.0.4:80",
                        service,
                        behind),
                row(
                        "waypoint by hostname that nobody has",
                        "127.0.0.3",
                        "refused: unknown waypoint: waypoint wp.example.com not found",
                        guarded.build()),
                row(
                        "waypoint by address that nobody has",
                        "127.0.0.2",
                        "refused: unknown waypoint: waypoint /127.0.0.99:15008 not found",
                        workload("w", "127.0.0.2")
                                .waypoint(byAddress("", "127.0.0.99", 15008))
                                .build()),
                row(
                        "waypoint without an endpoint",
                        "127.0.0.3",
                        "refused: unknown waypoint: waypoint wp.example.com not found: no healthy"
                                + " endpoint takes port 15008",
                        guarded.build(),
                        service),
                row(
                        "weighted waypoints before the single one",
                        "127.0.0.3",
                        "hbone 127.0.0.11:15008 127.0.0.3:80 waypoint-dual of s",
                        named("s")
                                .vip("127.0.0.3")
                                .waypoint(byIp)
                                .weighted(byIp, 0)
                                .weighted(byAddress("", "127.0.0.11", 15008), 1)
                                .build()),
                row(
                        "weighted waypoints without weight: the single one",
                        "127.0.0.3",
                        "hbone 127.0.0.10:15008 127.0.0.3:80 waypoint of s",
                        named("s")
                                .vip("127.0.0.3")
                                .waypoint(byIp)
                                .weighted(byAddress("", "127.0.0.11", 15008), 0)
                                .build()));
    }

    static Stream<Row> networks() {
        var service = named("s").vip("127.0.0.3").proves("far").build();
        var nameless = named("s").vip("127.0.0.3").build();
        var gateway = byAddress("remote", "10.22.1.1", 15009);
        var ewGateway = workload("ew-gtw", "10.22.1.1").network("remote").build();
        var gatewayService =
                named("ew").vip("127.0.0.4").ports(Map.of(15009, 15008)).proves("ew").build();
        var behindName =
                workload("ew-pod", "127.0.0.5")
                        .network("remote")
                        .behind(gatewayService, NO_PORTS)
                        .build();
        var wpService =
                named("wp").vip("127.0.0.7").ports(Map.of(15008, 15008)).proves("w").build();
        var guarded = named("s").vip("127.0.0.3").waypoint(byName("wp", 15008)).build();
        var farWaypoint =
                workload("far-wp", "")
                        .network("remote")
                        .gateway(gateway)
                        .behind(wpService, NO_PORTS);
        var failover =
                named("s").vip("127.0.0.3").proves("far").balancing(Mode.FAILOVER, Scope.NETWORK);
        return Stream.of(
                row(
                        "build_request_wrong_network",
                        "127.0.0.3",
                        "refused: no valid routing destination for workload:"
                                + " Kubernetes//Pod/ns/remote",
                        service,
                        workload("remote", "10.0.0.2")
                                .network("remote")
                                .behind(service, NO_PORTS)
                                .build()),
                row(
                        "build_request_double_hbone: gateway by address",
                        "127.0.0.3",
                        "double 10.22.1.1:15009 s.example.com:80 ew-gtw of s",
                        service,
                        far(service, gateway, ""),
                        ewGateway),
                row(
                        "build_request_double_hbone: gateway by hostname",
                        "127.0.0.3",
                        "double 127.0.0.5:15008 s.example.com:80 ew-pod of s",
                        service,
                        gatewayService,
                        far(service, byName("ew", 15009), "127.0.0.6"),
                        behindName),
                row(
                        "build_request_double_hbone: waypoint behind a gateway",
                        "127.0.0.3",
                        "double 10.22.1.1:15009 s.example.com:80 ew-gtw of s",
                        guarded,
                        wpService,
                        farWaypoint.build(),
                        ewGateway),
                row(
                        "build_request_failover_to_remote: healthy here",
                        "127.0.0.3",
                        "hbone 127.0.0.2:15008 127.0.0.2:8080 local of s",
                        failover.build(),
                        ewGateway,
                        far(failover.build(), gateway, ""),
                        workload("local", "127.0.0.2").behind(failover.build(), NO_PORTS).build()),
                row(
                        "build_request_failover_to_remote: unhealthy here",
                        "127.0.0.3",
                        "double 10.22.1.1:15009 s.example.com:80 ew-gtw of s",
                        failover.build(),
                        ewGateway,
                        far(failover.build(), gateway, ""),
                        workload("local", "127.0.0.2")
                                .unhealthy()
                                .behind(failover.build(), NO_PORTS)
                                .build()),
                row(
                        "no names to recognise the far end by",
                        "127.0.0.3",
                        "refused: no valid routing destination for service: ns/s.example.com is on"
                                + " another network and has no SPIFFE id in subject_alt_names, so"
                                + " its far end could not be recognised",
                        nameless,
                        far(nameless, gateway, ""),
                        ewGateway),
                row(
                        "gateway by address that nobody has",
                        "127.0.0.3",
                        "refused: unknown network gateway: network gateway remote/10.22.1.1:15009"
                                + " not found",
                        service,
                        far(service, gateway, "")),
                row(
                        "gateway by hostname that nobody has",
                        "127.0.0.3",
                        "refused: unknown network gateway: network gateway ew.example.com not found",
                        service,
                        far(service, byName("ew", 15009), "")),
                row(
                        "gateway without the port",
                        "127.0.0.3",
                        "refused: unknown network gateway: network gateway ew.example.com not"
                                + " found: no healthy endpoint takes port 15010",
                        service,
                        gatewayService,
                        behindName,
                        far(service, byName("ew", 15010), "")),
                row(
                        "pod-addressed, waypoint on another network",
                        "127.0.0.2",
                        "refused: no service for target address: 127.0.0.2:80 (it is on network"
                                + " 'remote', reached only through a service)",
                        workload("w", "127.0.0.2").waypoint(byName("wp", 15008)).build(),
                        wpService,
                        farWaypoint.build(),
                        ewGateway),
                row(
                        "gateway-only workload of the own network",
                        "127.0.0.3",
                        "refused: no healthy upstream: 127.0.0.3:80",
                        service,
                        workload("here", "").gateway(gateway).behind(service, NO_PORTS).build()),
                row(
                        "an address of another network is unknown here",
                        "10.22.1.1",
                        "passthrough 10.22.1.1:80",
                        ewGateway));
    }

    private static Workload far(
            Service service, dev.ambit.mesh.model.GatewayAddress gateway, String address) {
        return workload("remote", address)
                .network("remote")
                .gateway(gateway)
                .behind(service, NO_PORTS)
                .build();
    }

    static Stream<Row> names() {
        var service = named("s").vip("127.0.0.3").build();
        var gateway = byName("ew", 15009);
        var known = named("s").vip("127.0.0.3").proves("far").build();
        return Stream.of(
                row(
                        "endpoint that has a hostname only",
                        "127.0.0.3",
                        "resolve ext.example.com",
                        service,
                        workload("ext", "")
                                .plain()
                                .hostname("ext.example.com")
                                .behind(service, NO_PORTS)
                                .build()),
                row(
                        "endpoint with an address and a hostname",
                        "127.0.0.3",
                        "tcp 127.0.0.2:8080 ext of s",
                        service,
                        workload("ext", "127.0.0.2")
                                .plain()
                                .hostname("ext.example.com")
                                .behind(service, NO_PORTS)
                                .build()),
                row(
                        "waypoint that has a hostname only",
                        "127.0.0.2",
                        "resolve wp.example.com",
                        workload("w", "127.0.0.2").waypoint(byName("wp", 15008)).build(),
                        workload("wp", "").hostname("wp.example.com").build()),
                row(
                        "gateway that has a hostname only",
                        "127.0.0.3",
                        "resolve ew.example.com",
                        known,
                        far(known, gateway, ""),
                        workload("ew", "").hostname("ew.example.com").network("remote").build()));
    }

    /// What a name comes to once it has addresses; the dialled address decides the family.
    @ParameterizedTest(name = "{0}")
    @MethodSource
    void answers(Row row) {
        var resolve = (OutboundDecision.Resolve) decide(row);
        var words = row.expected.split(" = ", 2);
        var addresses =
                Arrays.stream(words[0].split(" "))
                        .filter(text -> !text.equals("-"))
                        .map(MeshOf::ip)
                        .toList();

        assertThat(summary(resolve.answered(addresses, new SplittableRandom(1))))
                .isEqualTo(words[1]);
    }

    static Stream<Row> answers() {
        var service = named("s").vip("127.0.0.3").vip("::3").build();
        var plain = workload("ext", "").plain().hostname("e.com").behind(service, NO_PORTS).build();
        var hbone = workload("ext", "").hostname("e.com").behind(service, NO_PORTS).build();
        var known = named("s").vip("127.0.0.3").proves("far").build();
        return Stream.of(
                row(
                        "v4",
                        "127.0.0.3",
                        "fd00::9 9.9.9.9 = tcp 9.9.9.9:8080 ext of s",
                        service,
                        plain),
                row("v6", "::3", "fd00::9 9.9.9.9 = tcp [fd00::9]:8080 ext of s", service, plain),
                row("other", "::3", "9.9.9.9 = tcp 9.9.9.9:8080 ext of s", service, plain),
                row(
                        "hbone",
                        "127.0.0.3",
                        "9.9.9.9 = hbone 9.9.9.9:15008 9.9.9.9:8080 ext of s",
                        service,
                        hbone),
                row(
                        "none",
                        "127.0.0.3",
                        "- = refused: ip addresses were resolved for workload"
                                + " Kubernetes//Pod/ns/ext, but valid dns response had no A/AAAA"
                                + " records",
                        service,
                        plain),
                row(
                        "waypoint",
                        "127.0.0.2",
                        "9.9.9.9 = hbone 9.9.9.9:15008 127.0.0.2:80 wp",
                        workload("w", "127.0.0.2").waypoint(byName("wp", 15008)).build(),
                        workload("wp", "").hostname("wp.example.com").build()),
                row(
                        "gateway",
                        "127.0.0.3",
                        "9.9.9.9 = double 9.9.9.9:15009 s.example.com:80 ew of s",
                        known,
                        far(known, byName("ew", 15009), ""),
                        workload("ew", "").hostname("ew.example.com").network("remote").build()));
    }
}
