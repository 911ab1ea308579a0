package dev.ambit.mesh.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UInt32Value;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.UnknownPolicy;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.security.Group;
import dev.ambit.mesh.proto.security.Match;
import dev.ambit.mesh.proto.security.Rules;
import dev.ambit.mesh.proto.security.ServiceAccountMatch;
import dev.ambit.mesh.proto.security.StringMatch;
import dev.ambit.mesh.proto.workload.Address;
import dev.ambit.mesh.proto.workload.ApplicationTunnel;
import dev.ambit.mesh.proto.workload.GatewayAddress;
import dev.ambit.mesh.proto.workload.LoadBalancing;
import dev.ambit.mesh.proto.workload.NamespacedHostname;
import dev.ambit.mesh.proto.workload.NetworkAddress;
import dev.ambit.mesh.proto.workload.Port;
import dev.ambit.mesh.proto.workload.PortList;
import dev.ambit.mesh.proto.workload.Service;
import dev.ambit.mesh.proto.workload.TunnelProtocol;
import dev.ambit.mesh.proto.workload.WeightedWaypoint;
import dev.ambit.mesh.proto.workload.Workload;
import dev.ambit.mesh.store.Change;
import java.util.Arrays;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What a control plane may send that is not a workload, a service or a policy: refused as a whole,
/// with the field, its value and what was expected.
class BadInputTest {
    private static final ByteString FOUR = bytes(4);

    private static ByteString bytes(int count) {
        return ByteString.copyFrom(new byte[count]);
    }

    private static Workload.Builder workload() {
        return Workload.newBuilder()
                .setUid("c//Pod/shop/cart")
                .setName("cart")
                .setNamespace("shop")
                .addAddresses(FOUR)
                .setTunnelProtocol(TunnelProtocol.HBONE)
                .setTrustDomain("td")
                .setServiceAccount("cart")
                .setWaypoint(gateway())
                .setNetworkGateway(
                        GatewayAddress.newBuilder()
                                .setAddress(NetworkAddress.newBuilder().setAddress(FOUR)))
                .setApplicationTunnel(
                        ApplicationTunnel.newBuilder()
                                .setProtocol(ApplicationTunnel.Protocol.PROXY)
                                .setPort(15088))
                .putServices(
                        "shop/cart.shop.svc",
                        PortList.newBuilder().addPorts(port(80, 8080)).build())
                .addAuthorizationPolicies("shop/p")
                .setCapacity(UInt32Value.of(3));
    }

    private static Port.Builder port(int service, int target) {
        return Port.newBuilder().setServicePort(service).setTargetPort(target);
    }

    private static GatewayAddress.Builder gateway() {
        return GatewayAddress.newBuilder()
                .setHostname(NamespacedHostname.newBuilder().setNamespace("shop").setHostname("wp"))
                .setHboneMtlsPort(15008);
    }

    private static Service.Builder service() {
        return Service.newBuilder()
                .setName("cart")
                .setNamespace("shop")
                .setHostname("cart.shop.svc")
                .addAddresses(NetworkAddress.newBuilder().setAddress(FOUR))
                .addAddresses(NetworkAddress.newBuilder().setAddress(FOUR).setLength(8))
                .addPorts(port(80, 8080))
                .setLoadBalancing(
                        LoadBalancing.newBuilder()
                                .addRoutingPreference(LoadBalancing.Scope.ZONE)
                                .setMode(LoadBalancing.Mode.FAILOVER))
                .addWeightedWaypoints(
                        WeightedWaypoint.newBuilder().setDestination(gateway()).setWeight(1));
    }

    private static Authorization.Builder policy(Match.Builder match) {
        return Authorization.newBuilder()
                .setNamespace("shop")
                .setName("p")
                .addGroups(Group.newBuilder().addRules(Rules.newBuilder().addMatches(match)));
    }

    private static Match.Builder match() {
        return Match.newBuilder()
                .addNamespaces(StringMatch.newBuilder().setExact("shop"))
                .addNotPrincipals(StringMatch.newBuilder().setPrefix("td/ns/x/"))
                .addSourceIps(range(FOUR, 24))
                .addNotDestinationIps(range(bytes(16), 128))
                .addDestinationPorts(8080)
                .addServiceAccounts(
                        ServiceAccountMatch.newBuilder().setNamespace("a").setServiceAccount("b"));
    }

    private static dev.ambit.mesh.proto.security.Address.Builder range(ByteString ip, int length) {
        return dev.ambit.mesh.proto.security.Address.newBuilder().setAddress(ip).setLength(length);
    }

    private static Arguments row(
            UnaryOperator<Workload.Builder> spoil, String field, String value, String expected) {
        return Arguments.of(field, spoil.apply(workload()).build(), value, expected);
    }

    static Stream<Arguments> workloads() {
        return Stream.of(
                row(w -> w.setUid(""), "uid", "''", "not empty"),
                row(w -> w.setNamespace(""), "namespace", "''", "not empty, without '/'"),
                row(w -> w.setNamespace("a/b"), "namespace", "'a/b'", "not empty, without '/'"),
                row(w -> w.setTrustDomain("t/d"), "trust_domain", "'t/d'", "without '/'"),
                row(w -> w.setServiceAccount("s/a"), "service_account", "'s/a'", "without '/'"),
                row(w -> w.addAddresses(bytes(0)), "addresses", "0 bytes", "4 or 16 bytes"),
                row(w -> w.addAddresses(bytes(3)), "addresses", "3 bytes", "4 or 16 bytes"),
                row(w -> w.addAddresses(bytes(17)), "addresses", "17 bytes", "4 or 16 bytes"),
                row(w -> w.setTunnelProtocolValue(2), "tunnel_protocol", "2", "NONE or HBONE"),
                row(w -> w.setTunnelProtocolValue(9), "tunnel_protocol", "9", "NONE or HBONE"),
                row(w -> w.setWorkloadTypeValue(4), "workload_type", "4", "0 to 3"),
                row(w -> w.setStatusValue(2), "status", "2", "0 or 1"),
                row(w -> w.setNetworkModeValue(2), "network_mode", "2", "0 or 1"),
                row(
                        w -> w.setCapacity(UInt32Value.of(-1)),
                        "capacity",
                        "4294967295",
                        "0 to 2147483647"),
                row(
                        w -> w.setWaypoint(GatewayAddress.newBuilder()),
                        "waypoint",
                        "empty",
                        "a hostname or an address"),
                row(
                        w -> w.setWaypoint(gateway().setHboneMtlsPort(70_000)),
                        "waypoint.hbone_mtls_port",
                        "70000",
                        "0 to 65535"),
                row(
                        w ->
                                w.setNetworkGateway(
                                        GatewayAddress.newBuilder()
                                                .setAddress(NetworkAddress.newBuilder())),
                        "network_gateway",
                        "0 bytes",
                        "4 or 16 bytes"),
                row(
                        w ->
                                w.setApplicationTunnel(
                                        ApplicationTunnel.newBuilder().setProtocolValue(2)),
                        "application_tunnel.protocol",
                        "2",
                        "NONE or PROXY"),
                row(
                        w -> w.setApplicationTunnel(ApplicationTunnel.newBuilder().setPort(-1)),
                        "application_tunnel.port",
                        "4294967295",
                        "0 to 65535"),
                row(services("noslash"), "services", "'noslash'", "namespace/hostname"),
                row(services("/host"), "services", "'/host'", "namespace/hostname"),
                row(services("ns/"), "services", "'ns/'", "namespace/hostname"),
                row(services(""), "services", "''", "namespace/hostname"),
                row(ports(65_536, 1), "service_port", "65536", "0 to 65535"),
                row(ports(1, 65_536), "target_port", "65536", "0 to 65535"));
    }

    private static UnaryOperator<Workload.Builder> services(String key) {
        return w -> w.putServices(key, PortList.getDefaultInstance());
    }

    private static UnaryOperator<Workload.Builder> ports(int service, int target) {
        var list = PortList.newBuilder().addPorts(port(service, target)).build();
        return w -> w.putServices("a/b", list);
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("workloads")
    void badWorkload_isRefused(String field, Workload bad, String value, String expected) {
        var address = Address.newBuilder().setWorkload(bad).build();
        assertThatThrownBy(() -> AddressMapper.map(address))
                .isInstanceOf(MappingFault.class)
                .hasMessageStartingWith(field + ": " + value + " (expected: ")
                .hasMessageContaining(expected);
    }

    private static Arguments serviceRow(
            UnaryOperator<Service.Builder> spoil, String field, String value, String expected) {
        return Arguments.of(field, spoil.apply(service()).build(), value, expected);
    }

    private static UnaryOperator<Service.Builder> vip(int size, int length) {
        return s ->
                s.addAddresses(
                        NetworkAddress.newBuilder().setAddress(bytes(size)).setLength(length));
    }

    private static UnaryOperator<Service.Builder> balanced(LoadBalancing.Builder by) {
        return s -> s.setLoadBalancing(by);
    }

    static Stream<Arguments> services() {
        return Stream.of(
                serviceRow(s -> s.setHostname(""), "namespace/hostname", "shop/", "both"),
                serviceRow(s -> s.setNamespace(""), "namespace/hostname", "/cart.shop.svc", "both"),
                serviceRow(vip(5, 8), "addresses", "5 bytes", "4 or 16 bytes"),
                serviceRow(vip(4, 33), "addresses", "prefix length 33", "address's bits"),
                serviceRow(vip(16, 129), "addresses", "prefix length 129", "address's bits"),
                serviceRow(vip(4, -1), "addresses", "prefix length -1", "address's bits"),
                serviceRow(s -> s.addPorts(port(-1, 1)), "service_port", "4294967295", "65535"),
                serviceRow(s -> s.setIpFamiliesValue(4), "ip_families", "4", "0 to 3"),
                serviceRow(s -> s.setVisibilityValue(2), "visibility", "2", "0 or 1"),
                serviceRow(
                        balanced(LoadBalancing.newBuilder().addRoutingPreferenceValue(0)),
                        "load_balancing.routing_preference",
                        "UNSPECIFIED_SCOPE",
                        "1 to 6"),
                serviceRow(
                        balanced(LoadBalancing.newBuilder().addRoutingPreferenceValue(7)),
                        "load_balancing.routing_preference",
                        "UNRECOGNIZED",
                        "1 to 6"),
                serviceRow(
                        balanced(LoadBalancing.newBuilder().setModeValue(4)),
                        "load_balancing.mode",
                        "4",
                        "0 to 3"),
                serviceRow(
                        balanced(LoadBalancing.newBuilder().setHealthPolicyValue(2)),
                        "load_balancing.health_policy",
                        "2",
                        "0 or 1"),
                serviceRow(
                        s -> s.addWeightedWaypoints(WeightedWaypoint.newBuilder().setWeight(1)),
                        "weighted_waypoints",
                        "none",
                        "a destination"),
                serviceRow(
                        s ->
                                s.addWeightedWaypoints(
                                        WeightedWaypoint.newBuilder()
                                                .setDestination(gateway())
                                                .setWeight(-2)),
                        "weighted_waypoints",
                        "4294967294",
                        "0 to 2147483647"));
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("services")
    void badService_isRefused(String field, Service bad, String value, String expected) {
        var address = Address.newBuilder().setService(bad).build();
        assertThatThrownBy(() -> AddressMapper.map(address))
                .isInstanceOf(MappingFault.class)
                .hasMessageStartingWith(field + ": " + value + " (expected: ")
                .hasMessageContaining(expected);
    }

    @Test
    void addressOfNeitherKind_isRefused() {
        assertThatThrownBy(() -> AddressMapper.map(Address.getDefaultInstance()))
                .isInstanceOf(MappingFault.class)
                .hasMessage("address: neither (expected: a workload or a service)");
    }

    static Stream<Arguments> policies() {
        var ok = match();
        var nothing = StringMatch.newBuilder();
        return Stream.of(
                Arguments.of("scope: 3", policy(ok).setScopeValue(3).build()),
                Arguments.of("action: 2", policy(ok).setActionValue(2).build()),
                Arguments.of("namespaces: empty", policy(match().addNamespaces(nothing)).build()),
                Arguments.of(
                        "not_namespaces: empty", policy(match().addNotNamespaces(nothing)).build()),
                Arguments.of("principals: empty", policy(match().addPrincipals(nothing)).build()),
                Arguments.of(
                        "not_principals: empty", policy(match().addNotPrincipals(nothing)).build()),
                Arguments.of(
                        "source_ips: 2 bytes",
                        policy(match().addSourceIps(range(bytes(2), 8))).build()),
                Arguments.of(
                        "not_source_ips: 0 bytes",
                        policy(match().addNotSourceIps(range(bytes(0), 0))).build()),
                Arguments.of(
                        "destination_ips: prefix length 33",
                        policy(match().addDestinationIps(range(FOUR, 33))).build()),
                Arguments.of(
                        "not_destination_ips: prefix length -1",
                        policy(match().addNotDestinationIps(range(FOUR, -1))).build()),
                Arguments.of(
                        "destination_ports: 65536",
                        policy(match().addDestinationPorts(65_536)).build()),
                Arguments.of(
                        "not_destination_ports: 4294967295",
                        policy(match().addNotDestinationPorts(-1)).build()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    void badPolicy_isRefusedWhole(String problem, Authorization bad) {
        assertThatThrownBy(() -> new PolicyMapper(UnknownPolicy.DENY).map(bad))
                .isInstanceOf(MappingFault.class)
                .hasMessageStartingWith(problem + " (expected: ");
    }

    /// A newer control plane's field might restrict the match, so the policy means something else
    /// without it.
    @Test
    void matchWithUnknownFields_isRefused_andIsAnEmptyMatchWhereThatIsIgnored() throws Exception {
        var bytes = new byte[] {(byte) 0xf2, 0x07, 1, 'x'};
        var unknown = policy(Match.parseFrom(bytes).toBuilder()).build();

        assertThatThrownBy(() -> new PolicyMapper(UnknownPolicy.DENY).map(unknown))
                .hasMessage(
                        "match: field number 126 (expected: only fields that this version knows)");

        var mapped = (Change.PutPolicy) new PolicyMapper(UnknownPolicy.IGNORE).map(unknown);
        var matches = mapped.policy().rules().getFirst().clauses().getFirst().matches();
        assertThat(matches).singleElement().matches(Policy.Match::isEmpty);
    }

    @Test
    void partsThatCantBeRead_areLeftOut_whereUnknownInputIsIgnored() throws Exception {
        var lenient = new PolicyMapper(UnknownPolicy.IGNORE);
        var bad =
                Match.newBuilder()
                        .addNamespaces(StringMatch.newBuilder())
                        .addNamespaces(StringMatch.newBuilder().setExact("shop"))
                        .addSourceIps(range(bytes(2), 8))
                        .addDestinationIps(range(FOUR, 33))
                        .addDestinationPorts(65_536 + 80);

        var mapped = (Change.PutPolicy) lenient.map(policy(bad).build());

        var match = mapped.policy().rules().getFirst().clauses().getFirst().matches().getFirst();
        assertThat(match.namespaces()).containsExactly(new Policy.StringMatch.Exact("shop"));
        assertThat(match.sourceIps()).isEmpty();
        assertThat(match.destinationIps()).isEmpty();
        assertThat(match.destinationPorts()).containsExactly(80);
        assertThatThrownBy(() -> lenient.map(policy(bad).setActionValue(2).build()))
                .isInstanceOf(MappingFault.class);
    }

    @Test
    void validMessages_areUnderstood() throws Exception {
        var workload = AddressMapper.workload(workload().build());
        var service = AddressMapper.service(service().build());
        var policy =
                ((Change.PutPolicy)
                                new PolicyMapper(UnknownPolicy.DENY).map(policy(match()).build()))
                        .policy();

        assertThat(workload.identity().uri()).isEqualTo("spiffe://td/ns/shop/sa/cart");
        assertThat(workload.capacity()).isEqualTo(3);
        assertThat(service.cidrVips()).hasSize(1);
        assertThat(service.vips()).hasSize(1);
        assertThat(policy.action()).isEqualTo(Policy.Action.ALLOW);
    }

    @Test
    void defaults_areIstios() throws Exception {
        var workload =
                AddressMapper.workload(
                        Workload.newBuilder().setUid("u").setNamespace("shop").build());

        assertThat(workload.identity().uri())
                .isEqualTo("spiffe://cluster.local/ns/shop/sa/default");
        assertThat(workload.clusterId()).isEqualTo("Kubernetes");
        assertThat(workload.capacity()).isEqualTo(1);
    }

    // ---- any bytes at all

    @Property
    @Tag("fuzz")
    void mutatedAddress_isUnderstoodOrRefused(@ForAll long seed) {
        var random = new Random(seed);
        var whole =
                random.nextBoolean()
                        ? Address.newBuilder().setWorkload(workload()).build()
                        : Address.newBuilder().setService(service()).build();
        var bytes = mutated(whole.toByteArray(), random);
        try {
            switch (AddressMapper.map(Address.parseFrom(bytes))) {
                // Whatever was let in can be used.
                case Change.PutWorkload(var workload) -> {
                    assertThat(workload.identity().uri()).startsWith("spiffe://");
                    assertThat(workload.capacity()).isNotNegative();
                }
                case Change.PutService(var service) ->
                        service.weightedWaypoints()
                                .forEach(w -> assertThat(w.weight()).isNotNegative());
                case Change other -> throw new AssertionError(other.toString());
            }
        } catch (InvalidProtocolBufferException | MappingFault refused) {
            assertThat(refused).hasMessageMatching("(?s).+");
        }
    }

    @Property
    @Tag("fuzz")
    void mutatedPolicy_isUnderstoodOrRefused(@ForAll long seed) {
        var random = new Random(seed);
        var bytes = mutated(policy(match()).build().toByteArray(), random);
        try {
            assertThat(new PolicyMapper(UnknownPolicy.DENY).map(Authorization.parseFrom(bytes)))
                    .isInstanceOf(Change.PutPolicy.class);
        } catch (InvalidProtocolBufferException | MappingFault refused) {
            assertThat(refused).hasMessageMatching("(?s).+");
        }
    }

    /// A few bytes changed, inserted or cut off.
    private static byte[] mutated(byte[] bytes, Random random) {
        for (int i = 1 + random.nextInt(4); i > 0 && bytes.length > 0; i--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes = Arrays.copyOf(bytes, at);
                default -> {
                    var longer = Arrays.copyOf(bytes, bytes.length + 1);
                    System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
                    longer[at] = (byte) random.nextInt();
                    bytes = longer;
                }
            }
        }
        return bytes;
    }
}
