package dev.ambit.bench.load;

import dev.ambit.bench.proc.ProcessCpu;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// One generator as a process: `LoadMain ROLE name=value …`.
///
/// | role | options |
/// |---|---|
/// | `sink` | `port streams warmup window watch` |
/// | `source` | `host port streams lifetime` |
/// | `echo` | `port lifetime [stallAfter stall]` |
/// | `latency` | `host port connections rate bytes warmup window watch` |
/// | `churn` | `host port inFlight most warmup window watch` |
/// | `hold` | `host port count lifetime` |
///
/// Times are in milliseconds, `watch` is a list of process ids. Prints `READY` once it listens or
/// holds, and one [LoadReport] at its end (`echo` has none). Every role ends by itself.
public final class LoadMain {
    private LoadMain() {}

    public static void main(String[] args) {
        if (args.length == 0) {
            System.err.println(
                    "bench load: no role (expected: sink, source, echo, latency, churn or hold)");
            System.exit(2);
        }
        try {
            run(args[0], Options.parse(List.of(args).subList(1, args.length)));
        } catch (IllegalArgumentException e) {
            System.err.println("bench load: " + args[0] + ": " + e.getMessage());
            System.exit(2);
        } catch (IOException | RuntimeException e) {
            System.err.println("bench load: " + args[0] + " failed: " + e);
            System.exit(1);
        }
    }

    private static void run(String role, Options options) throws IOException {
        switch (role) {
            case "sink" -> sink(options);
            case "source" -> source(options);
            case "echo" -> echo(options);
            case "latency" -> latency(options);
            case "churn" -> churn(options);
            case "hold" -> hold(options);
            default -> throw new IllegalArgumentException("no such role");
        }
    }

    private static void sink(Options options) throws IOException {
        var sink =
                new Sink(
                        new Sink.Plan(
                                options.number("port"),
                                options.number("streams"),
                                options.millis("warmup"),
                                options.millis("window"),
                                options.pids("watch")));
        say(LoadReport.READY);
        end(sink.run());
    }

    private static void source(Options options) throws IOException {
        var plan =
                new Source.Plan(to(options), options.number("streams"), options.millis("lifetime"));
        end(new Source(plan).run());
    }

    private static void echo(Options options) throws IOException {
        var plan =
                new EchoServer.Plan(
                        options.number("port"),
                        options.number("stallAfter", 0),
                        Duration.ofMillis(options.number("stall", 0)),
                        options.millis("lifetime"));
        try (var server = new EchoServer(plan)) {
            say(LoadReport.READY);
            server.run();
        }
    }

    private static void latency(Options options) throws IOException {
        var plan =
                new OpenLoop.Plan(
                        to(options),
                        options.number("connections"),
                        options.number("rate"),
                        options.number("bytes"),
                        options.millis("warmup"),
                        options.millis("window"),
                        options.pids("watch"));
        end(new OpenLoop(plan).run().report());
    }

    private static void churn(Options options) throws IOException {
        var plan =
                new Churn.Plan(
                        to(options),
                        options.number("inFlight"),
                        options.number("most"),
                        options.millis("warmup"),
                        options.millis("window"),
                        options.pids("watch"));
        end(new Churn(plan).run());
    }

    private static void hold(Options options) throws IOException {
        var lifetime = options.millis("lifetime");
        try (var holder = new Holder(to(options), options.number("count"))) {
            say(LoadReport.READY);
            Thread.sleep(lifetime);
            end(new LoadReport(Map.of("held", (long) holder.count())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static InetSocketAddress to(Options options) {
        return new InetSocketAddress(options.text("host"), options.number("port"));
    }

    /// `total`: the CPU time of the generator's whole life, in ticks of 10 ms.
    private static void end(LoadReport report) throws IOException {
        var numbers = new HashMap<>(report.numbers());
        numbers.put("total", ProcessCpu.ticks(ProcessHandle.current().pid()));
        say(new LoadReport(numbers).line());
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
