package dev.ambit.ztunnel;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.store.MeshListener;
import dev.ambit.mesh.xds.WdsEvents;
import dev.ambit.process.ConfigFault;
import dev.ambit.process.StopSignals;
import dev.ambit.process.admin.PageLimits;
import dev.ambit.process.admin.Readiness;
import dev.ambit.process.log.FieldLog;
import dev.ambit.process.log.Logs;
import dev.ambit.ztunnel.admin.Pages;
import dev.ambit.ztunnel.dns.DnsLimits;
import dev.ambit.ztunnel.dns.DnsTelemetry;
import dev.ambit.ztunnel.inpod.ZdsClient;
import dev.ambit.ztunnel.telemetry.Telemetry;
import dev.ambit.ztunnel.telemetry.TelemetryLimits;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;

/// The process around a `Ztunnel`: settings, log, pages, signals.
public final class ZtunnelProcess {
    private static final FieldLog LOG = FieldLog.of(ZtunnelProcess.class);
    static final String VERSION = "0.1.0";

    private ZtunnelProcess() {}

    /// Runs until it is told to stop: by SIGTERM, SIGINT, or on the admin page.
    ///
    /// @return the process's exit code: 0 when it was told to, 1 when it could not start
    public static int run(Map<String, String> env) {
        ZtunnelConfig config;
        Logs logs;
        try {
            config = ZtunnelConfig.from(env);
            logs = Logs.install(config.logLevel(), config.jsonLog());
        } catch (ConfigFault | IllegalArgumentException wrong) {
            System.err.println("ztunnel: " + wrong.getMessage());
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

    private static void serve(ZtunnelConfig config, Logs logs)
            throws IOException, InterruptedException {
        var stop = new CountDownLatch(1);
        StopSignals.listen(stop::countDown);
        LOG.info("version: " + VERSION);
        LOG.info("running with config: " + config.describe());
        config.remarks().forEach(LOG::warn);
        var readiness = new Readiness(System::nanoTime);
        var stateReady = readiness.register("state manager");
        var settling = settling(config, readiness);
        var limits = TelemetryLimits.defaults();
        var telemetry =
                new Telemetry(
                        limits,
                        version(config),
                        System::nanoTime,
                        config.security().policyAtInfo());
        var dns = new DnsTelemetry(telemetry.registry(), DnsLimits.defaults());
        Executor virtual = task -> Thread.ofVirtual().start(task);
        var timer =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("timer").daemon().factory());
        var around =
                new Ztunnel.Surroundings(
                        telemetry,
                        dns,
                        events(telemetry, stateReady),
                        settling,
                        Clock.systemUTC(),
                        new LoopRandom(),
                        timer,
                        virtual);
        try (var ztunnel = new Ztunnel(config, around);
                var pages = new Pages(virtual, PageLimits.defaults(), Clock.systemUTC())) {
            gauges(telemetry, ztunnel, logs);
            ztunnel.report(telemetry.registry());
            ztunnel.mesh().listen(changes -> keepSeries(ztunnel, telemetry, dns, changes));
            pages.readiness(config.readinessAddress(), readiness);
            pages.metrics(config.statsAddress(), telemetry::exposition);
            for (var address : config.adminAddresses()) {
                pages.admin(
                        address,
                        new NodeDump(ztunnel, config, VERSION),
                        logs,
                        actions(ztunnel, stop));
            }
            ztunnel.start();
            stop.await();
            LOG.info("draining for at most " + config.drain().toMillis() + " ms");
            // Probes fail by refused connections from here on.
            pages.close();
            ztunnel.drain();
            LOG.info("drained");
        } finally {
            timer.shutdownNow();
        }
    }

    /// The version of Istio that this node stands in for, where the DaemonSet says it.
    private static String version(ZtunnelConfig config) {
        return config.metadata().getOrDefault("ISTIO_VERSION", "unknown");
    }

    /// A process for one pod has no node agent to wait for.
    private static ZdsClient.Settling settling(ZtunnelConfig config, Readiness readiness) {
        return switch (config.mode()) {
            case ZtunnelConfig.Mode.Shared() ->
                    settling(readiness.register("workload proxy manager"));
            case ZtunnelConfig.Mode.Dedicated _ -> ZdsClient.Settling.NOBODY;
        };
    }

    private static ZdsClient.Settling settling(Readiness.Task pods) {
        return new ZdsClient.Settling() {
            @Override
            public void settled() {
                pods.done();
            }

            @Override
            public void unsettled() {
                pods.undone();
            }
        };
    }

    private static Pages.Actions actions(Ztunnel ztunnel, CountDownLatch stop) {
        return new Pages.Actions() {
            @Override
            public void quit() {
                stop.countDown();
            }

            @Override
            public boolean rotate(String identity) {
                var id = SpiffeId.tryParse(identity);
                boolean ours =
                        id.isPresent()
                                && ztunnel.certificates().snapshot().stream()
                                        .anyMatch(status -> status.id().equals(id.get()));
                if (ours) {
                    ztunnel.certificates().rotate(id.get());
                }
                return ours;
            }
        };
    }

    /// Series of a workload that is gone are forgotten after a while; of one that is back, they are
    /// not.
    private static void keepSeries(
            Ztunnel ztunnel,
            Telemetry telemetry,
            DnsTelemetry dns,
            MeshListener.ChangeSet changes) {
        changes.added().forEach(workload -> telemetry.remember(workload.uid()));
        for (var workload : changes.removed()) {
            if (ztunnel.mesh().workload(workload.uid()).isEmpty()) {
                telemetry.forget(workload.uid());
                dns.forget(workload.uid());
            }
        }
    }

    private static void gauges(Telemetry telemetry, Ztunnel ztunnel, Logs logs) {
        var pods = ztunnel.pods();
        telemetry.gauge(
                "workload_manager_active_proxy_count",
                "The total number current workloads with active proxies (unstable).",
                () -> pods.counts().active());
        telemetry.gauge(
                "workload_manager_pending_proxy_count",
                "The total number current workloads with pending proxies (unstable).",
                () -> pods.counts().pending());
        telemetry.counter(
                "workload_manager_proxies_started",
                "The total number of proxies that were started (unstable).",
                () -> pods.counts().started());
        telemetry.counter(
                "workload_manager_proxies_stopped",
                "The total number of proxies that were stopped (unstable).",
                () -> pods.counts().stopped());
        telemetry.counter(
                "ambit_zds_faults",
                "Messages of the node agent that were not understood",
                ztunnel::agentFaults);
        telemetry.counter(
                "ambit_log_dropped", "Log lines dropped because stdout was slow", logs::dropped);
        if (ManagementFactory.getOperatingSystemMXBean()
                instanceof UnixOperatingSystemMXBean process) {
            telemetry.gauge(
                    "process_open_fds",
                    "Number of open file descriptors",
                    process::getOpenFileDescriptorCount);
            telemetry.gauge(
                    "process_max_fds",
                    "Maximum number of file descriptors",
                    process::getMaxFileDescriptorCount);
        }
    }

    private static WdsEvents events(Telemetry telemetry, Readiness.Task ready) {
        return new WdsEvents() {
            @Override
            public void received(String typeUrl, int bytes) {
                telemetry.xdsReceived(typeUrl, bytes);
            }

            @Override
            public void rejected(String typeUrl, String resource, String reason) {
                LOG.warn("rejected " + resource + ": " + reason, "type", typeUrl);
                telemetry.xdsRejected(typeUrl);
            }

            @Override
            public void terminated(String reason, String detail) {
                LOG.warn("control plane: " + detail, "reason", reason);
                telemetry.xdsTerminated(reason);
            }

            @Override
            public void ready() {
                ready.done();
            }
        };
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
