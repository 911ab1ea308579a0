package dev.ambit.waypoint;

import dev.ambit.process.ConfigFault;
import dev.ambit.process.StopSignals;
import dev.ambit.process.admin.PageLimits;
import dev.ambit.process.admin.PageServer;
import dev.ambit.process.admin.Readiness;
import dev.ambit.process.log.FieldLog;
import dev.ambit.process.log.Logs;
import dev.ambit.waypoint.admin.ServerState;
import dev.ambit.waypoint.config.WaypointConfig;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;

/// The process around a `Waypoint`: settings, log, pages, signals.
public final class WaypointProcess {
    private static final FieldLog LOG = FieldLog.of(WaypointProcess.class);
    static final String VERSION = "0.1.0";

    private WaypointProcess() {}

    /// Runs until it is told to stop: by SIGTERM, SIGINT, or on the admin page.
    ///
    /// @param arguments after `proxy waypoint`
    /// @return the process's exit code: 0 when it was told to, 1 when it could not start
    public static int run(List<String> arguments, Map<String, String> env) {
        WaypointConfig config;
        Logs logs;
        try {
            config = WaypointConfig.from(arguments, env);
            logs = Logs.install(config.logLevel(), config.jsonLog());
        } catch (ConfigFault | IllegalArgumentException wrong) {
            System.err.println("waypoint: " + wrong.getMessage());
            return 1;
        }
        try {
            serve(config, logs);
            return 0;
        } catch (IOException failed) {
            LOG.error("start failed: " + failed.getMessage());
            return 1;
        } catch (InterruptedException stopping) {
            return 0;
        } finally {
            logs.close();
        }
    }

    private static void serve(WaypointConfig config, Logs logs)
            throws IOException, InterruptedException {
        var stop = new CountDownLatch(1);
        StopSignals.listen(stop::countDown);
        var clock = Clock.systemUTC();
        var started = clock.instant();
        LOG.info("version: " + VERSION);
        LOG.info(
                "identity "
                        + config.identity()
                        + ", control plane "
                        + config.xds().address()
                        + ", CA "
                        + config.ca().address()
                        + ", "
                        + config.workers()
                        + " event loops");
        config.remarks().forEach(LOG::warn);
        var readiness = new Readiness(System::nanoTime);
        var configured = readiness.register("listeners and clusters");
        var certified = readiness.register("certificate");
        var state = new ServerState(readiness);
        var random = new LoopRandom();
        var assembled = Assembled.of(config, clock, random);
        var conversation = new Conversation(assembled.metrics());
        Executor virtual = task -> Thread.ofVirtual().start(task);
        var timer =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("timer").daemon().factory());
        var around =
                new Waypoint.Surroundings(
                        assembled.compilers(),
                        assembled.mesh(),
                        assembled.exports(),
                        conversation,
                        assembled.baggage(),
                        configured::done,
                        certified::done,
                        (peer, why) -> LOG.info("tunnel: " + why, "peer", peer.toString()),
                        clock,
                        random,
                        timer,
                        virtual);
        try (assembled;
                var waypoint = new Waypoint(config, around);
                var server = new PageServer(virtual, PageLimits.defaults(), clock)) {
            var pages = new Pages(config, waypoint, state, assembled, conversation, logs);
            pages.open(server, stop::countDown, clock, started);
            waypoint.start();
            stop.await();
            LOG.info("draining for at most " + config.drain().duration().toMillis() + " ms");
            state.drain();
            waypoint.drain(System::nanoTime, Thread::sleep);
            LOG.info("drained");
        } finally {
            timer.shutdownNow();
        }
    }

    /// Randomness that loops use without contention; only for choices that need not be secret.
    private static final class LoopRandom implements RandomGenerator {
        private static final ThreadLocal<SplittableRandom> OWN =
                ThreadLocal.withInitial(() -> new SplittableRandom(new SecureRandom().nextLong()));

        @Override
        public long nextLong() {
            return OWN.get().nextLong();
        }
    }
}
