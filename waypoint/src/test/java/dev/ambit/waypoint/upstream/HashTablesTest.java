package dev.ambit.waypoint.upstream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HashTablesTest {
    private static final int PORT = 18481;
    private final ManualControl control = new ManualControl();

    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    '',                                        ef46db3751d8e999
                    a,                                         d24ec4f1a98c6e5b
                    abc,                                       44bc2cf5ad770999
                    Nobody inspects the spammish repetition,   fbcea83c8a378bf1
                    """)
    void xxHash64_knownText_knownHash(String text, String hash) {
        assertThat(Long.toHexString(XxHash64.hash(text))).isEqualTo(hash);
    }

    /// Hosts 127.0.7.1 to 127.0.7.5, keys `key-0` to `key-63`: the last digit of the host that
    /// Envoy 1.40.0 sent each to.
    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    ring, 2322421225522222152343342321131323135443543442423222225132452152
                    ring murmur, 1433321125242122134332243343545254554121123213113544143534555444
                    ring weights, 2352455555555225154545342325134325435443543542543222525232553452
                    ring small, 4511112141111112111114254511111215151112111311111512111111211111
                    ring localities, 2322421135514225154445342321134324435443543442433222525132453152
                    maglev, 2212113511515413441221415312535515444535554225533224415532553554
                    maglev 1021, 5512113141322143435355541114133342555223444333252442451234111231
                    maglev weights, 5253455545555455441225415555535555444535554225533224455535553554
                    maglev localities, 5243133545515413441224415315535515444535554225533224435533553554
                    """)
    void hashing_keysOfEnvoy_goToTheHostsOfEnvoy(String kind, String expected) {
        var state = state(kind);
        var picker = new HashPicker(state, new SplittableRandom(1));
        var hosts = new StringBuilder();
        for (int i = 0; i < expected.length(); i++) {
            var hash = OptionalLong.of(XxHash64.hash("key-" + i));
            var host = picker.pick(Samples.request(hash, List.of(), List.of(), 0));
            var ip = host == null ? "?" : host.workloadAddress();
            hosts.append(ip.charAt(ip.length() - 1));
        }
        assertThat(hosts).hasToString(expected);
    }

    private ClusterState state(String kind) {
        boolean localities = kind.endsWith("localities");
        int[] weights =
                kind.endsWith("weights") ? new int[] {1, 2, 3, 4, 7} : new int[] {1, 1, 1, 1, 1};
        var all = new ArrayList<Endpoint>();
        for (int i = 0; i < weights.length; i++) {
            all.add(
                    Samples.endpoint(
                            "127.0.7." + (i + 1), PORT, Endpoint.Health.HEALTHY, weights[i]));
        }
        var set =
                localities
                        ? Samples.set(
                                Samples.group(0, 1, all.get(0), all.get(1)),
                                Samples.group(0, 3, all.get(2), all.get(3), all.get(4)))
                        : Samples.set(Samples.group(0, 1, all.toArray(Endpoint[]::new)));
        return Samples.state(
                Samples.cluster(set, balancer(kind), Samples.shared(50, localities)), set, control);
    }

    private static BalancerConfig balancer(String kind) {
        return switch (kind) {
            case "ring murmur" ->
                    ring(512, HashRing.DEFAULT_MAX, BalancerConfig.HashFunction.MURMUR_HASH_2);
            case "ring small" -> ring(3, 8, BalancerConfig.HashFunction.XX_HASH);
            case "maglev 1021" -> new BalancerConfig.Maglev(1021, 0);
            default ->
                    kind.startsWith("ring")
                            ? ring(
                                    HashRing.DEFAULT_MIN,
                                    HashRing.DEFAULT_MAX,
                                    BalancerConfig.HashFunction.XX_HASH)
                            : new BalancerConfig.Maglev(MaglevTable.DEFAULT_SIZE, 0);
        };
    }

    private static BalancerConfig ring(long min, long max, BalancerConfig.HashFunction function) {
        return new BalancerConfig.RingHash(min, max, function, 0);
    }

    @Test
    void hashing_hostTriedBefore_goesToAnother() {
        for (var kind : List.of("ring", "maglev")) {
            var picker = new HashPicker(state(kind), new SplittableRandom(1));
            var hash = OptionalLong.of(XxHash64.hash("key-0"));
            var first = picker.pick(Samples.request(hash, List.of(), List.of(), 0));
            assertThat(first).isNotNull();
            var second = picker.pick(Samples.request(hash, List.of(first), List.of(), 8));
            assertThat(second).isNotNull().isNotSameAs(first);
        }
    }

    @Test
    void hashing_withoutAHash_spreads() {
        var picker = new HashPicker(state("ring"), new SplittableRandom(1));
        var seen = new java.util.HashSet<Host>();
        for (int i = 0; i < 200; i++) {
            var host = picker.pick(Samples.request());
            assertThat(host).isNotNull();
            seen.add(host);
        }
        assertThat(seen).hasSize(5);
    }

    @Test
    void boundedLoad_hostOverItsShare_givesToTheSameOtherEachTime() {
        var set = Samples.flat(5);
        var state =
                Samples.state(
                        Samples.cluster(
                                set,
                                new BalancerConfig.Maglev(1021, 120),
                                Samples.shared(0, false)),
                        set,
                        control);
        var picker = new HashPicker(state, new SplittableRandom(1));
        var hash = OptionalLong.of(XxHash64.hash("hot"));
        var request = Samples.request(hash, List.of(), List.of(), 0);
        var usual = requireNonNull(picker.pick(request));
        for (int i = 0; i < 10; i++) {
            usual.requestStarted();
        }
        var other = picker.pick(request);
        assertThat(other).isNotNull().isNotSameAs(usual).isSameAs(picker.pick(request));
        for (int i = 0; i < 10; i++) {
            usual.requestEnded();
        }
        assertThat(picker.pick(request)).isSameAs(usual);
    }
}
