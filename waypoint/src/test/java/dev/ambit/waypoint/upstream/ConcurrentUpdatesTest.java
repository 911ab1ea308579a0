package dev.ambit.waypoint.upstream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.UpstreamHost.HostResult;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A loop that chooses while the control plane, sweeps and ejections change what there is.
final class ConcurrentUpdatesTest {
    private static final int UPDATES = 3_000;

    @ParameterizedTest
    @ValueSource(strings = {"round robin", "least request", "ring"})
    void hosts_chosenDuringUpdates_areAlwaysSomeThatWere(String kind) throws Exception {
        var balancer =
                switch (kind) {
                    case "ring" ->
                            new BalancerConfig.RingHash(
                                    16, 64, BalancerConfig.HashFunction.XX_HASH, 0);
                    case "least request" -> Samples.leastRequest();
                    default -> Samples.roundRobin();
                };
        try (var control = new ControlThread()) {
            var store =
                    new ClusterStore(control, new MemoryResolver(), UpstreamLimits.defaults(), 1);
            var mail = new ConcurrentLinkedQueue<Runnable>();
            var pools = new MemoryPools();
            var upstreams = store.upstreams(mail::add, pools, new SplittableRandom(3));
            store.apply(
                    Samples.with(
                            Samples.cluster("a", new Discovery.Eds("a"), balancer),
                            new OutlierConfig(
                                    Duration.ofMillis(1),
                                    Duration.ofMillis(1),
                                    Duration.ofSeconds(1),
                                    Duration.ZERO,
                                    50,
                                    false,
                                    new OutlierConfig.Consecutive(2, 100, 0, 0, 0, 0),
                                    OutlierConfig.SuccessRate.DEFAULTS,
                                    OutlierConfig.FailurePercentage.DEFAULTS,
                                    false,
                                    java.util.Set.of())));
            store.endpoints("a", Samples.flat(4));
            var done = new AtomicBoolean();
            var writer =
                    Thread.ofPlatform()
                            .start(() -> {
                                for (int i = 0; i < UPDATES; i++) {
                                    store.endpoints("a", Samples.flat(2 + i % 5));
                                }
                                done.set(true);
                            });
            long picks = 0;
            while (!done.get()) {
                var upstream = requireNonNull(upstreams.find("a"));
                int before = pools.asked.size();
                upstream.request(Samples.request(), Permit.forService(), new Ignoring());
                if (pools.asked.size() > before) {
                    picks++;
                    var listener = pools.asked.removeLast().listener();
                    if (listener instanceof CountedExchange exchange) {
                        exchange.host().report(new HostResult.Answered(500));
                    }
                }
                for (var task = mail.poll(); task != null; task = mail.poll()) {
                    task.run();
                }
            }
            writer.join();
            assertThat(picks).isPositive();
            assertThat(store.status().getFirst().hosts()).hasSize(2 + (UPDATES - 1) % 5);
            assertThat(store.status().getFirst().outlier().orElseThrow().active()).isBetween(0, 3);
            store.close();
        }
    }

    private static final class Ignoring implements Upstream.RequestListener {
        @Override
        public void onReady(
                UpstreamHost host,
                dev.ambit.waypoint.http.ClientConnection connection,
                Upstream.ConnectionFacts facts) {}

        @Override
        public void onFailed(UpstreamFailure failure) {}
    }

    @Test
    void controlThread_taskThrows_goesOn() throws Exception {
        try (var control = new ControlThread()) {
            control.execute(() -> {
                throw new IllegalStateException("a bug");
            });
            var ran = new java.util.concurrent.CountDownLatch(1);
            control.schedule(ran::countDown, 1);
            assertThat(ran.await(10, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
        }
    }
}
