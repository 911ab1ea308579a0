package dev.ambit.waypoint.upstream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.pool.HttpClientConfig;
import dev.ambit.waypoint.pool.PoolKey;
import dev.ambit.waypoint.pool.Target;
import dev.ambit.waypoint.pool.TlsClientConfig;
import dev.ambit.waypoint.pool.TransportConfig;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.UpstreamHost.HostResult;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ClusterStoreTest {
    private final ManualControl control = new ManualControl();
    private final MemoryResolver resolver = new MemoryResolver();
    private final MemoryPools pools = new MemoryPools();
    private final ClusterStore store =
            new ClusterStore(control, resolver, UpstreamLimits.defaults(), 1);
    private Upstreams upstreams = _ -> null;

    @BeforeEach
    void loop() {
        upstreams = store.upstreams(control::execute, pools, new SplittableRandom(1));
    }

    /// What became of one request.
    private static final class Outcome implements Upstream.RequestListener {
        final List<UpstreamFailure> failures = new ArrayList<>();

        @Override
        public void onReady(
                UpstreamHost host,
                dev.ambit.waypoint.http.ClientConnection connection,
                Upstream.ConnectionFacts facts) {}

        @Override
        public void onFailed(UpstreamFailure failure) {
            failures.add(failure);
        }

        UpstreamFailure.@Nullable Kind kind() {
            return failures.isEmpty() ? null : failures.getFirst().kind();
        }
    }

    private Upstream find(String name) {
        return requireNonNull(upstreams.find(name), name);
    }

    private Outcome ask(String cluster, PickContext context) {
        var outcome = new Outcome();
        find(cluster).request(context, Permit.forService(), outcome);
        return outcome;
    }

    private PoolKey askedKey(String cluster, PickContext context) {
        int before = pools.asked.size();
        var outcome = ask(cluster, context);
        assertThat(outcome.failures).isEmpty();
        assertThat(pools.asked).hasSize(before + 1);
        return pools.last().key();
    }

    private static Target direct(String ip, int port) {
        return new Target.Direct(List.of(new InetSocketAddress(ip, port)));
    }

    @Test
    void cluster_unknown_isNotFound() {
        assertThat(upstreams.find("nobody")).isNull();
        assertThat(store.warm("nobody")).isTrue();
    }

    @Test
    void eds_endpointsLater_warmsAndServes() {
        store.apply(Samples.cluster("a", new Discovery.Eds("a"), Samples.roundRobin()));
        assertThat(store.warm("a")).isFalse();
        assertThat(ask("a", Samples.request()).kind())
                .isEqualTo(UpstreamFailure.Kind.NO_HEALTHY_HOST);
        store.endpoints("a", Samples.flat(1));
        assertThat(store.warm("a")).isTrue();
        assertThat(askedKey("a", Samples.request()).target()).isEqualTo(direct("10.0.0.1", 80));
    }

    @Test
    void eds_endpointsFirst_areThereWhenTheClusterComes() {
        store.endpoints("service", Samples.flat(1));
        store.apply(Samples.cluster("a", new Discovery.Eds("service"), Samples.roundRobin()));
        assertThat(store.warm("a")).isTrue();
        assertThat(askedKey("a", Samples.request()).cluster()).isEqualTo("a");
    }

    @Test
    void update_hostStays_withItsHealthAndStatistics() {
        store.apply(
                Samples.with(
                        Samples.cluster("a", new Discovery.Eds("a"), Samples.roundRobin()),
                        ejecting()));
        store.endpoints("a", Samples.flat(3));
        var host = host("a", "10.0.0.1:80");
        host.report(new HostResult.Answered(500));
        control.run();
        assertThat(host.ejected()).isTrue();
        store.endpoints("a", Samples.flat(2));
        assertThat(host("a", "10.0.0.1:80")).isSameAs(host);
        assertThat(host.ejected()).isTrue();
        assertThat(status("a", "10.0.0.1:80").errors()).isEqualTo(1);
        for (int i = 0; i < 10; i++) {
            assertThat(askedKey("a", Samples.request()).target()).isEqualTo(direct("10.0.0.2", 80));
        }
        control.advance(Duration.ofSeconds(31));
        assertThat(host.ejected()).isFalse();
    }

    @Test
    void update_hostGone_itsConnectionsRetire() {
        store.apply(Samples.cluster("a", new Discovery.Eds("a"), Samples.roundRobin()));
        store.endpoints("a", Samples.flat(1));
        var key = askedKey("a", Samples.request());
        store.endpoints("a", Samples.set(Samples.group(0, 1, Samples.endpoint("10.0.0.2"))));
        control.run();
        assertThat(pools.retires(key)).isTrue();
        assertThat(pools.retires(askedKey("a", Samples.request()))).isFalse();
    }

    @Test
    void update_transportChanged_oldConnectionsRetire_hostsStay() {
        var before = Samples.cluster("a", new Discovery.Eds("a"), Samples.roundRobin());
        store.apply(before);
        store.endpoints("a", Samples.flat(1));
        var host = host("a", "10.0.0.1:80");
        var key = askedKey("a", Samples.request());
        store.apply(Samples.with(before, Samples.transport(HttpClientConfig.Version.HTTP_2)));
        control.run();
        assertThat(pools.retires(key)).isTrue();
        var next = askedKey("a", Samples.request());
        assertThat(next.version()).isEqualTo(HttpVersion.HTTP_2);
        assertThat(pools.retires(next)).isFalse();
        assertThat(host("a", "10.0.0.1:80")).isSameAs(host);
    }

    @Test
    void update_equal_changesNothing() {
        var config = Samples.cluster("a", new Discovery.Eds("a"), Samples.roundRobin());
        store.apply(config);
        store.endpoints("a", Samples.flat(1));
        var state = cluster("a").state();
        store.apply(Samples.cluster("a", new Discovery.Eds("a"), Samples.roundRobin()));
        store.endpoints("a", Samples.flat(1));
        assertThat(cluster("a").state()).isSameAs(state);
    }

    @Test
    void removal_endsTheCluster_andWhatItHad() {
        store.apply(
                Samples.with(
                        Samples.cluster("a", new Discovery.Eds("a"), Samples.roundRobin()),
                        ejecting()));
        store.endpoints("a", Samples.flat(1));
        var key = askedKey("a", Samples.request());
        store.remove("a");
        control.advance(Duration.ofMinutes(1));
        assertThat(upstreams.find("a")).isNull();
        assertThat(pools.retires(key)).isTrue();
        assertThat(control.timers()).isZero();
        assertThat(store.configs()).isEmpty();
    }

    @Test
    void duplicateAddress_firstOneCounts() {
        store.apply(Samples.cluster("a", new Discovery.Eds("a"), Samples.roundRobin()));
        store.endpoints(
                "a",
                Samples.set(
                        Samples.group(1, 1, Samples.endpoint("10.0.0.1")),
                        Samples.group(0, 1, Samples.endpoint("10.0.0.1"))));
        assertThat(store.status().getFirst().hosts())
                .singleElement()
                .extracting(ClusterStatus.HostStatus::priority)
                .isEqualTo(1);
    }

    @Test
    void version_asTheDownstreams_followsTheRequest() {
        store.apply(
                Samples.with(
                        Samples.cluster(
                                "a", new Discovery.Static(Samples.flat(1)), Samples.roundRobin()),
                        Samples.transport(HttpClientConfig.Version.DOWNSTREAM)));
        var one = askedKey("a", Samples.request());
        assertThat(one.version()).isEqualTo(HttpVersion.HTTP_1_1);
        var base = Samples.request();
        var two =
                askedKey(
                        "a",
                        new PickContext(
                                base.connection(),
                                base.hash(),
                                HttpVersion.HTTP_2,
                                "",
                                false,
                                List.of(),
                                List.of(),
                                0));
        assertThat(two.version()).isEqualTo(HttpVersion.HTTP_2);
        assertThat(askedKey("a", Samples.request())).isSameAs(one);
    }

    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    a.example:8443, '',          true,  false, a.example
                    a.example:8443, up.example,  true,  false, up.example
                    a.example:8443, up.example,  false, true,  a.example
                    a.example,      up.example,  false, false, up.example
                    [fd00::1]:443,  '',          true,  true,  fd00::1
                    a:b:c:d,        '',          true,  true,  a:b:c:d
                    a.example:x,    '',          true,  true,  a.example:x
                    '',             up.example,  true,  true,  no-authority.invalid
                    '',             '',          true,  false, ''
                    """)
    void sni_byRequestOrConfiguration_isInTheKey(
            String authority, String sni, boolean autoSni, boolean autoSan, String expected) {
        var plain = Samples.PLAIN;
        var tls =
                new TlsClientConfig(
                        Optional.empty(),
                        Optional.of("roots"),
                        List.of(),
                        sni,
                        autoSni,
                        autoSan,
                        List.of(),
                        "TLSv1.2",
                        "TLSv1.3",
                        List.of(),
                        Optional.empty());
        store.apply(
                Samples.with(
                        Samples.cluster(
                                "a", new Discovery.Static(Samples.flat(1)), Samples.roundRobin()),
                        new TransportConfig(
                                Optional.of(tls),
                                Optional.empty(),
                                plain.connectTimeout(),
                                Optional.empty(),
                                plain.http())));
        assertThat(askedKey("a", Samples.request(authority, null)).sni()).isEqualTo(expected);
    }

    /// Whom bytes are for is where they go, not what is proven in a handshake.
    @Test
    void sni_ofBytes_isTheConfigured() {
        var context =
                new PickContext(
                        Samples.request("", null).connection(),
                        OptionalLong.empty(),
                        null,
                        "api.example:443",
                        false,
                        List.of(),
                        List.of(),
                        1);
        var tls =
                new TlsClientConfig(
                        Optional.empty(),
                        Optional.of("roots"),
                        List.of(),
                        "up.example",
                        true,
                        true,
                        List.of(),
                        "TLSv1.2",
                        "TLSv1.3",
                        List.of(),
                        Optional.empty());
        store.apply(
                Samples.with(
                        Samples.cluster(
                                "a", new Discovery.Static(Samples.flat(1)), Samples.roundRobin()),
                        new TransportConfig(
                                Optional.of(tls),
                                Optional.empty(),
                                Samples.PLAIN.connectTimeout(),
                                Optional.empty(),
                                Samples.PLAIN.http())));
        assertThat(askedKey("a", context).sni()).isEqualTo("up.example");
    }

    @Test
    void proxyProtocol_tellsSourceAndDestination() {
        var plain = Samples.PLAIN;
        store.apply(
                Samples.with(
                        Samples.cluster(
                                "a", new Discovery.Static(Samples.flat(1)), Samples.roundRobin()),
                        new TransportConfig(
                                Optional.empty(),
                                Optional.of(TransportConfig.ProxyProtocol.V2),
                                plain.connectTimeout(),
                                Optional.empty(),
                                plain.http())));
        var to = new InetSocketAddress("192.0.2.7", 80);
        var key = askedKey("a", Samples.request("", to));
        assertThat(key.source()).isEqualTo(new InetSocketAddress("10.9.9.9", 40_000));
        assertThat(key.destination()).isEqualTo(to);
    }

    @Test
    void originalDst_goesWhereTheConnectionWent_andForgets() {
        store.apply(
                Samples.cluster(
                        "pass",
                        new Discovery.OriginalDst(OptionalInt.empty(), Duration.ofSeconds(10)),
                        new BalancerConfig.Provided()));
        var to = new InetSocketAddress("192.0.2.7", 8443);
        var key = askedKey("pass", Samples.request("", to));
        assertThat(key.target()).isEqualTo(direct("192.0.2.7", 8443));
        assertThat(ask("pass", Samples.request()).kind())
                .isEqualTo(UpstreamFailure.Kind.NO_HEALTHY_HOST);
        assertThat(store.status().getFirst().hosts()).hasSize(1);
        control.advance(Duration.ofSeconds(11));
        assertThat(store.status().getFirst().hosts()).hasSize(1);
        control.advance(Duration.ofSeconds(10));
        assertThat(store.status().getFirst().hosts()).isEmpty();
        assertThat(pools.retires(key)).isTrue();
    }

    @Test
    void originalDst_portOverridden_keepsTheAddress() {
        store.apply(
                Samples.cluster(
                        "pass",
                        new Discovery.OriginalDst(OptionalInt.of(15008), Duration.ofSeconds(10)),
                        new BalancerConfig.Provided()));
        var key = askedKey("pass", Samples.request("", new InetSocketAddress("192.0.2.7", 80)));
        assertThat(key.target()).isEqualTo(direct("192.0.2.7", 15008));
    }

    @Test
    void originalDst_tooMany_overflows() {
        var small =
                new ClusterStore(
                        control,
                        resolver,
                        new UpstreamLimits(
                                1,
                                Duration.ofSeconds(1),
                                1,
                                Duration.ZERO,
                                Duration.ofHours(1),
                                1,
                                1),
                        1);
        var on = small.upstreams(control::execute, pools, new SplittableRandom(1));
        small.apply(
                Samples.cluster(
                        "pass",
                        new Discovery.OriginalDst(OptionalInt.empty(), Duration.ofSeconds(10)),
                        new BalancerConfig.Provided()));
        var upstream = requireNonNull(on.find("pass"));
        var first = new Outcome();
        upstream.request(
                Samples.request("", new InetSocketAddress("192.0.2.1", 80)),
                Permit.forService(),
                first);
        var second = new Outcome();
        upstream.request(
                Samples.request("", new InetSocketAddress("192.0.2.2", 80)),
                Permit.forService(),
                second);
        assertThat(first.kind()).isNull();
        assertThat(second.kind()).isEqualTo(UpstreamFailure.Kind.OVERFLOW);
        assertThatThrownBy(() -> small.upstreams(Runnable::run, pools, new SplittableRandom(1)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void originalTunnel_tunnelsToTheDestinationsNode() {
        store.apply(
                Samples.cluster(
                        "encap",
                        new Discovery.OriginalTunnel("envoy://connect_originate/"),
                        Samples.roundRobin()));
        var to = new InetSocketAddress("fd00::7", 8080);
        var key = askedKey("encap", Samples.request("", to));
        assertThat(key.target())
                .isEqualTo(
                        new Target.Tunnel(
                                new InetSocketAddress("fd00::7", 15008), "[fd00::7]:8080"));
        assertThat(store.status().getFirst().hosts().getFirst().address())
                .isEqualTo("envoy://connect_originate/");
    }

    @Test
    void strictDns_everyAddressIsAHost_andFollowsTheName() {
        resolver.put("db.example", Duration.ofSeconds(30), "192.0.2.1", "192.0.2.2");
        store.apply(Samples.cluster("dns", strict("db.example"), Samples.roundRobin()));
        assertThat(store.warm("dns")).isFalse();
        control.run();
        assertThat(store.warm("dns")).isTrue();
        assertThat(addresses("dns")).containsExactly("192.0.2.1:5432", "192.0.2.2:5432");
        var kept = host("dns", "192.0.2.2:5432");
        resolver.put("db.example", Duration.ofSeconds(30), "192.0.2.2", "192.0.2.3");
        control.advance(Duration.ofSeconds(29));
        assertThat(addresses("dns")).hasSize(2).contains("192.0.2.1:5432");
        control.advance(Duration.ofSeconds(2));
        assertThat(addresses("dns")).containsExactly("192.0.2.2:5432", "192.0.2.3:5432");
        assertThat(host("dns", "192.0.2.2:5432")).isSameAs(kept);
        // A failure leaves what is known, a name without addresses does not.
        resolver.fail("db.example");
        control.advance(Duration.ofSeconds(31));
        assertThat(addresses("dns")).hasSize(2);
        resolver.put("db.example", Duration.ZERO);
        control.advance(Duration.ofSeconds(61));
        assertThat(addresses("dns")).isEmpty();
    }

    @Test
    void strictDns_failsAtFirst_isWarmAllTheSame() {
        store.apply(Samples.cluster("dns", strict("gone.example"), Samples.roundRobin()));
        control.run();
        assertThat(store.warm("dns")).isTrue();
        assertThat(ask("dns", Samples.request()).kind())
                .isEqualTo(UpstreamFailure.Kind.NO_HEALTHY_HOST);
    }

    @Test
    void logicalDns_isOneHost_withEveryAddress() {
        resolver.put("db.example", Duration.ofSeconds(30), "192.0.2.1", "2001:db8::1");
        store.apply(
                Samples.cluster(
                        "dns",
                        new Discovery.LogicalDns(named("db.example"), dns()),
                        leastRequest()));
        control.run();
        var key = askedKey("dns", Samples.request());
        assertThat(key.target())
                .isEqualTo(
                        new Target.Direct(
                                List.of(
                                        new InetSocketAddress("192.0.2.1", 5432),
                                        new InetSocketAddress("2001:db8::1", 5432))));
        assertThat(addresses("dns")).containsExactly("192.0.2.1:5432");
        assertThat(status("dns", "192.0.2.1:5432").hostname()).isEqualTo("db.example");
    }

    private static BalancerConfig leastRequest() {
        return Samples.leastRequest();
    }

    @Test
    void dynamicForward_looksUpOnce_andRemembers() {
        resolver.put("api.example", Duration.ofSeconds(30), "192.0.2.1");
        store.apply(forward(10));
        var first = ask("dfp", Samples.request("api.example:8080", null));
        var second = ask("dfp", Samples.request("api.example:8080", null));
        assertThat(pools.asked).isEmpty();
        control.run();
        assertThat(pools.asked).hasSize(2);
        assertThat(pools.last().key().target()).isEqualTo(direct("192.0.2.1", 8080));
        assertThat(first.failures).isEmpty();
        assertThat(second.failures).isEmpty();
        askedKey("dfp", Samples.request("api.example:8080", null));
        assertThat(resolver.asked).containsExactly("api.example");
        // Without a port it is another host.
        ask("dfp", Samples.request("api.example", null));
        control.run();
        assertThat(pools.last().key().target()).isEqualTo(direct("192.0.2.1", 80));
    }

    @Test
    void dynamicForward_addressChanges_newConnectionsGoThere() {
        resolver.put("api.example", Duration.ofSeconds(30), "192.0.2.1");
        store.apply(forward(10));
        ask("dfp", Samples.request("api.example", null));
        control.run();
        var old = pools.last().key();
        resolver.put("api.example", Duration.ofSeconds(30), "192.0.2.2");
        control.advance(Duration.ofSeconds(31));
        assertThat(askedKey("dfp", Samples.request("api.example", null)).target())
                .isEqualTo(direct("192.0.2.2", 80));
        assertThat(pools.retires(old)).isTrue();
    }

    @Test
    void dynamicForward_nameUnknown_failsAsDns_andIsAskedAgainLater() {
        store.apply(forward(10));
        var first = ask("dfp", Samples.request("gone.example", null));
        control.run();
        assertThat(first.kind()).isEqualTo(UpstreamFailure.Kind.DNS);
        assertThat(first.failures.getFirst().detail()).isEqualTo("no such test name");
        assertThat(ask("dfp", Samples.request("gone.example", null)).kind())
                .isEqualTo(UpstreamFailure.Kind.DNS);
        assertThat(resolver.asked).hasSize(1);
        resolver.put("gone.example", Duration.ofSeconds(30), "192.0.2.1");
        control.advance(Duration.ofSeconds(61));
        ask("dfp", Samples.request("gone.example", null));
        control.run();
        assertThat(pools.asked).hasSize(1);
    }

    @Test
    void dynamicForward_nobodyAsksAnyMore_isForgotten() {
        resolver.put("api.example", Duration.ofSeconds(60), "192.0.2.1");
        store.apply(forward(1));
        ask("dfp", Samples.request("api.example", null));
        control.run();
        assertThat(ask("dfp", Samples.request("other.example", null)).failures)
                .singleElement()
                .extracting(UpstreamFailure::detail)
                .isEqualTo("dns_cache_overflow");
        control.advance(Duration.ofMinutes(6));
        assertThat(store.status().getFirst().hosts()).isEmpty();
    }

    @Test
    void dynamicForward_cancelled_asksNoPool() {
        resolver.put("api.example", Duration.ofSeconds(60), "192.0.2.1");
        store.apply(forward(10));
        var outcome = new Outcome();
        find("dfp")
                .request(Samples.request("api.example", null), Permit.forService(), outcome)
                .cancel();
        control.run();
        assertThat(pools.asked).isEmpty();
        assertThat(outcome.failures).isEmpty();
    }

    @Test
    void dynamicForward_bytes_goToTheNameOfTheHandshake() {
        resolver.put("tls.example", Duration.ofSeconds(60), "192.0.2.1");
        store.apply(forward(10));
        var context = Samples.request("", new InetSocketAddress("240.240.0.1", 443));
        context.connection().serverName("tls.example");
        find("dfp").connect(context, Permit.forService(), new IgnoredBytes(_ -> {}));
        control.run();
        assertThat(pools.askedBytes)
                .singleElement()
                .extracting(a -> a.key().target())
                .isEqualTo(direct("192.0.2.1", 443));
    }

    private record IgnoredBytes(Consumer<UpstreamFailure> failed)
            implements Upstream.ConnectListener {
        @Override
        public void onConnected(
                UpstreamHost host,
                dev.ambit.hbone.Duplex connection,
                Upstream.ConnectionFacts facts) {}

        @Override
        public void onFailed(UpstreamFailure failure) {
            failed.accept(failure);
        }
    }

    private static ClusterConfig forward(int hosts) {
        return Samples.cluster(
                "dfp",
                new Discovery.DynamicForward(dns(), hosts, Duration.ofMinutes(5), false),
                new BalancerConfig.Provided());
    }

    private static Discovery strict(String name) {
        return new Discovery.StrictDns(List.of(named(name)), dns(), 140);
    }

    private static Discovery.Named named(String name) {
        return new Discovery.Named(
                name, 5432, Samples.endpoint("10.0.0.1"), Locality.UNKNOWN, 0, 1);
    }

    private static Discovery.DnsSettings dns() {
        return new Discovery.DnsSettings(
                Discovery.Family.V4_ONLY,
                Duration.ofSeconds(60),
                true,
                Duration.ZERO,
                Duration.ofSeconds(60),
                Duration.ofSeconds(60));
    }

    private static OutlierConfig ejecting() {
        var base = OutlierConfig.DEFAULTS;
        return new OutlierConfig(
                base.interval(),
                base.baseEjectionTime(),
                base.maxEjectionTime(),
                Duration.ZERO,
                100,
                false,
                new OutlierConfig.Consecutive(1, 100, 0, 0, 0, 0),
                base.successRate(),
                base.failurePercentage(),
                false,
                base.errorStatuses());
    }

    private Cluster cluster(String name) {
        return requireNonNull(store.cluster(name), name);
    }

    private Host host(String cluster, String address) {
        return cluster(cluster).hosts().stream()
                .filter(h -> h.address().equals(address))
                .findFirst()
                .orElseThrow();
    }

    private ClusterStatus.HostStatus status(String cluster, String address) {
        Optional<ClusterStatus> found =
                store.status().stream().filter(s -> s.facts().name().equals(cluster)).findFirst();
        return found.orElseThrow().hosts().stream()
                .filter(h -> h.address().equals(address))
                .findFirst()
                .orElseThrow();
    }

    private List<String> addresses(String cluster) {
        return cluster(cluster).hosts().stream().map(Host::address).toList();
    }
}
