package dev.ambit.bench.macro;

import dev.ambit.bench.load.LoadReport;
import dev.ambit.bench.macro.Apps.App;
import dev.ambit.bench.proc.MachineCpu;
import dev.ambit.bench.proc.ProcessCpu;
import dev.ambit.bench.proc.ProcessMemory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/// Takes one measurement on one arm: starts the generators, reads their reports, turns them into
/// quantities and says whether the machine was quiet.
final class Measurer {
    /// For the start of processes and the like, on top of the measured time.
    private static final Duration SLACK = Duration.ofSeconds(60);

    private static final int IDLE_LIFETIME_SECONDS = 600;

    private final MacroLimits limits;
    private final Apps apps;
    private final Quiet quiet;

    Measurer(MacroLimits limits) {
        this.limits = limits;
        this.apps = new Apps();
        this.quiet = new Quiet(limits);
    }

    /// @param noise why the values cannot be trusted, if so
    record Taken(Map<Quantity, Double> values, Optional<String> noise) {}

    /// @throws dev.ambit.e2e.lab.LabFault when a generator fails: connections through the arm don't
    ///   work
    Taken measure(Rig rig, Metric metric) throws IOException {
        var busy = quiet.await();
        var before = MachineCpu.now();
        long knownBefore = standing(rig);
        var run = new Run(rig);
        Map<Quantity, Double> values =
                switch (metric) {
                    case THROUGHPUT_1 -> throughput(run, 1);
                    case THROUGHPUT_8 -> throughput(run, 8);
                    case LATENCY -> latency(run, limits.pacedWarmup(), limits.pacedWindow());
                    case CONNECTIONS -> churn(run, limits.churnWarmup(), limits.churnWindow());
                    case IDLE -> idle(run);
                    case START -> born(rig);
                };
        long known = standing(rig) - knownBefore + run.appTicks;
        var judged = quiet.judge(MachineCpu.now().since(before), known);
        return new Taken(values, busy.or(() -> judged));
    }

    /// Load of every kind, not measured.
    void warmUp(Rig rig) {
        var run = new Run(rig);
        throughput(run, 1, Duration.ZERO, limits.firstLoad());
        latency(run, Duration.ZERO, limits.firstLoad());
        churn(run, Duration.ZERO, limits.firstLoad());
    }

    /// One measurement's processes, and the CPU time of those that have ended.
    private final class Run {
        final Rig rig;
        final String watch;
        long appTicks;

        Run(Rig rig) {
            this.rig = rig;
            this.watch =
                    rig.proxies().stream().map(String::valueOf).collect(Collectors.joining(","));
        }

        App server(String role, List<String> options) {
            return apps.start(rig.lab(), rig.server(), Rig.CORE_B, role, options).awaitReady();
        }

        App client(String role, AppPort port, List<String> options) {
            InetSocketAddress to = rig.dial(port);
            var all = new ArrayList<String>();
            all.add("host=" + to.getAddress().getHostAddress());
            all.add("port=" + to.getPort());
            all.addAll(options);
            return apps.start(rig.lab(), rig.client(), Rig.CORE_A, role, all);
        }

        LoadReport reportOf(App app, Duration measured) {
            var report = app.awaitReport(measured.plus(SLACK));
            appTicks += report.get("total");
            return report;
        }

        /// A server that never reports: read what it used before it goes.
        void end(App app) {
            try {
                appTicks += ProcessCpu.ticks(app.process().pid());
            } catch (IOException e) {
                // Gone already; its time then counts as a stranger's, which errs on the safe side.
                appTicks += 0;
            }
            app.close();
        }
    }

    private Map<Quantity, Double> throughput(Run run, int streams) {
        return throughput(run, streams, limits.bulkWarmup(), limits.bulkWindow());
    }

    private Map<Quantity, Double> throughput(
            Run run, int streams, Duration warmup, Duration window) {
        Duration measured = warmup.plus(window);
        var sinkOptions =
                List.of(
                        "port=" + AppPort.SINK.number(),
                        "streams=" + streams,
                        "warmup=" + warmup.toMillis(),
                        "window=" + window.toMillis(),
                        "watch=" + run.watch);
        var sourceOptions =
                List.of("streams=" + streams, "lifetime=" + measured.plus(SLACK).toMillis());
        try (var sink = run.server("sink", sinkOptions);
                var source = run.client("source", AppPort.SINK, sourceOptions)) {
            var report = run.reportOf(sink, measured);
            run.reportOf(source, measured);
            return bulk(report, streams, run.rig.proxies().size());
        }
    }

    private static Map<Quantity, Double> bulk(LoadReport report, int streams, int proxies) {
        boolean one = streams == 1;
        double gigabytes = report.get("bytes") / 1e9;
        var out = new EnumMap<Quantity, Double>(Quantity.class);
        out.put(
                one ? Quantity.BULK_1 : Quantity.BULK_8,
                report.get("bytes") * 8.0 / report.get("nanos"));
        if (proxies == 2 && gigabytes > 0) {
            double a = seconds(report.get("cpu0")) / gigabytes;
            double b = seconds(report.get("cpu1")) / gigabytes;
            out.put(one ? Quantity.CPU_1_A : Quantity.CPU_8_A, a);
            out.put(one ? Quantity.CPU_1_B : Quantity.CPU_8_B, b);
            out.put(one ? Quantity.CPU_1 : Quantity.CPU_8, a + b);
        }
        return out;
    }

    private Map<Quantity, Double> latency(Run run, Duration warmup, Duration window) {
        Duration measured = warmup.plus(window);
        var echo = run.server("echo", echoOptions(measured.plus(SLACK)));
        try (var client =
                run.client(
                        "latency",
                        AppPort.ECHO,
                        List.of(
                                "connections=" + limits.connections(),
                                "rate=" + limits.ratePerSecond(),
                                "bytes=" + limits.messageBytes(),
                                "warmup=" + warmup.toMillis(),
                                "window=" + window.toMillis(),
                                "watch=" + run.watch))) {
            var report = run.reportOf(client, measured);
            if (report.get("lost") > 0) {
                throw new dev.ambit.e2e.lab.LabFault(
                        report.get("lost") + " messages were lost (expected: 0)");
            }
            return paced(report, run.rig.proxies().size());
        } finally {
            run.end(echo);
        }
    }

    private static Map<Quantity, Double> paced(LoadReport report, int proxies) {
        var out = new EnumMap<Quantity, Double>(Quantity.class);
        out.put(Quantity.P50, report.get("p50") / 1e3);
        out.put(Quantity.P99, report.get("p99") / 1e3);
        out.put(Quantity.P999, report.get("p999") / 1e3);
        out.put(Quantity.LATE_P99, report.get("late99") / 1e3);
        if (proxies == 2) {
            double seconds = seconds(report.get("cpu0") + report.get("cpu1"));
            out.put(Quantity.CPU_MESSAGE, seconds * 1e6 / report.get("count"));
        }
        return out;
    }

    private Map<Quantity, Double> churn(Run run, Duration warmup, Duration window) {
        Duration measured = warmup.plus(window);
        var echo = run.server("echo", echoOptions(measured.plus(SLACK)));
        try (var client =
                run.client(
                        "churn",
                        AppPort.ECHO,
                        List.of(
                                "inFlight=" + limits.connectionsInFlight(),
                                "most=" + limits.mostNewConnections(),
                                "warmup=" + warmup.toMillis(),
                                "window=" + window.toMillis(),
                                "watch=" + run.watch))) {
            var report = run.reportOf(client, measured);
            if (report.get("failed") > 0) {
                throw new dev.ambit.e2e.lab.LabFault(
                        report.get("failed") + " new connections failed (expected: 0)");
            }
            return connections(report, run.rig.proxies().size());
        } finally {
            run.end(echo);
        }
    }

    private static Map<Quantity, Double> connections(LoadReport report, int proxies) {
        var out = new EnumMap<Quantity, Double>(Quantity.class);
        double count = report.get("connections");
        out.put(Quantity.NEW_CONNECTIONS, count * 1e9 / report.get("nanos"));
        out.put(Quantity.CONNECTION_P50, report.get("p50") / 1e3);
        out.put(Quantity.CONNECTION_P99, report.get("p99") / 1e3);
        if (proxies == 2 && count > 0) {
            out.put(Quantity.CPU_CONNECTION_A, seconds(report.get("cpu0")) * 1e6 / count);
            out.put(Quantity.CPU_CONNECTION_B, seconds(report.get("cpu1")) * 1e6 / count);
        }
        return out;
    }

    private Map<Quantity, Double> idle(Run run) throws IOException {
        var rig = run.rig;
        if (rig.proxies().isEmpty()) {
            return Map.of();
        }
        var lifetime = Duration.ofSeconds(IDLE_LIFETIME_SECONDS);
        var echo = run.server("echo", echoOptions(lifetime));
        var before = memories(rig);
        var holder =
                run.client(
                        "hold",
                        AppPort.ECHO,
                        List.of(
                                "count=" + limits.idleConnections(),
                                "lifetime=" + lifetime.toMillis()));
        try {
            holder.awaitReady();
            LockSupport.parkNanos(limits.settle().toNanos());
            var after = memories(rig);
            double most = Double.NEGATIVE_INFINITY;
            double loaded = 0;
            for (int i = 0; i < after.size(); i++) {
                double grown = after.get(i).rss() - before.get(i).rss();
                most = Math.max(most, grown * 1_000 / limits.idleConnections());
                loaded = Math.max(loaded, before.get(i).rss());
            }
            return Map.of(Quantity.RSS_PER_1000, most / 1024, Quantity.RSS_LOADED, loaded / 1024);
        } finally {
            run.end(holder);
            run.end(echo);
        }
    }

    private static Map<Quantity, Double> born(Rig rig) {
        if (rig.births().isEmpty()) {
            return Map.of();
        }
        double ready = 0;
        double rss = 0;
        double anonymous = 0;
        for (Birth birth : rig.births()) {
            ready = Math.max(ready, birth.readyMillis());
            rss = Math.max(rss, birth.memory().rss());
            anonymous = Math.max(anonymous, birth.memory().anonymous());
        }
        return Map.of(
                Quantity.READY,
                ready,
                Quantity.RSS_IDLE,
                rss / 1024,
                Quantity.ANON_IDLE,
                anonymous / 1024);
    }

    private static List<String> echoOptions(Duration lifetime) {
        return List.of("port=" + AppPort.ECHO.number(), "lifetime=" + lifetime.toMillis());
    }

    private static List<ProcessMemory> memories(Rig rig) throws IOException {
        var out = new ArrayList<ProcessMemory>();
        for (long pid : rig.proxies()) {
            out.add(ProcessMemory.of(pid));
        }
        return out;
    }

    /// The CPU time so far of what outlives a measurement: the proxies and this program.
    private static long standing(Rig rig) throws IOException {
        long sum = ProcessCpu.ticks(ProcessHandle.current().pid());
        for (long pid : rig.proxies()) {
            sum += ProcessCpu.ticks(pid);
        }
        return sum;
    }

    private static double seconds(long ticks) {
        return (double) ticks / ProcessCpu.TICKS_PER_SECOND;
    }
}
