package dev.ambit.waypoint.route.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LocalLimiterTest {
    private static final long SECOND = 1_000_000_000L;

    private static Descriptor descriptor(String... keysAndValues) {
        var entries = new ArrayList<Descriptor.Entry>();
        for (int at = 0; at < keysAndValues.length; at += 2) {
            entries.add(new Descriptor.Entry(keysAndValues[at], keysAndValues[at + 1]));
        }
        return new Descriptor(entries);
    }

    @Test
    void bucket_taken_fillsEvenlyUpToItsSize() {
        var bucket = new TokenBucket(2, 10, SECOND, 5 * SECOND);
        long now = 5 * SECOND;
        assertThat(bucket.remaining(now)).isEqualTo(2);
        assertThat(bucket.take(now)).isTrue();
        assertThat(bucket.take(now)).isTrue();
        assertThat(bucket.take(now)).isFalse();
        assertThat(bucket.take(now + SECOND / 10 - 1_000)).isFalse();
        assertThat(bucket.take(now + SECOND / 10 + 1)).isTrue();
        assertThat(bucket.remaining(now + 60 * SECOND)).isEqualTo(2);
    }

    @Test
    void bucket_slow_tellsWhenThereIsAToken() {
        var bucket = new TokenBucket(1, 1, 60 * SECOND, 0);
        assertThat(bucket.resetSeconds(0)).isZero();
        bucket.take(0);
        assertThat(bucket.resetSeconds(20 * SECOND + SECOND / 2)).isEqualTo(40);
    }

    @Test
    void bucket_hugeAndSlow_doesNotOverflow() {
        var bucket = new TokenBucket(4_294_967_295L, 1, 86_400 * SECOND, 0);
        assertThat(bucket.take(0)).isTrue();
        assertThat(bucket.remaining(0)).isPositive();
    }

    private static LocalLimiter limiter(Optional<BucketConfig> general, boolean always) {
        var strict = new BucketConfig(1, 1, SECOND);
        return new LocalLimiter(
                Map.of(descriptor("a", "1"), strict.bucket(0)),
                List.of(
                        new DynamicBuckets(
                                List.of(
                                        new Descriptor.Entry("limit", "x"),
                                        new Descriptor.Entry("client", "")),
                                strict,
                                2)),
                general,
                always,
                0);
    }

    @Test
    void take_descriptor_hasABucketOfItsOwn() {
        var limiter = limiter(Optional.of(new BucketConfig(5, 1, SECOND)), false);
        var own = List.of(descriptor("a", "1"));
        assertThat(limiter.take(own, 0).allowed()).isTrue();
        assertThat(limiter.take(own, 0).allowed()).isFalse();
        assertThat(limiter.take(List.of(descriptor("a", "2")), 0).allowed()).isTrue();
        assertThat(limiter.take(List.of(), 0).bucket()).isNotNull();
    }

    @Test
    void take_openValue_countsEachForItself() {
        var limiter = limiter(Optional.empty(), true);
        for (var client : List.of("alice", "bob")) {
            var asked = List.of(descriptor("limit", "x", "client", client));
            assertThat(limiter.take(asked, 0).allowed()).isTrue();
            assertThat(limiter.take(asked, 0).allowed()).isFalse();
        }
        assertThat(limiter.take(List.of(descriptor("limit", "y", "client", "bob")), 0).allowed())
                .isTrue();
    }

    @Test
    void take_generalBucket_isTakenFromToo() {
        var limiter = limiter(Optional.of(new BucketConfig(1, 1, SECOND)), true);
        assertThat(limiter.take(List.of(descriptor("a", "1")), 0).allowed()).isTrue();
        assertThat(limiter.take(List.of(), 0).allowed()).isFalse();
    }

    @Test
    void take_noTokensAtAll_allAreRefused() {
        var limiter = limiter(Optional.of(new BucketConfig(0, 1, SECOND)), false);
        assertThat(limiter.take(List.of(), 0)).isEqualTo(new LocalLimiter.Result(false, null));
    }

    @Test
    void dynamic_moreThanKept_thoseNotUsedMakeRoom() {
        var buckets =
                new DynamicBuckets(
                        List.of(new Descriptor.Entry("c", "")), new BucketConfig(1, 1, SECOND), 2);
        for (int at = 0; at < 50; at++) {
            assertThat(buckets.find(descriptor("c", "v" + at), 0)).isNotNull();
            assertThat(buckets.size()).isLessThanOrEqualTo(2);
        }
    }
}
