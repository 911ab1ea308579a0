package dev.ambit.bench.macro;

import dev.ambit.bench.load.LoadMain;
import dev.ambit.bench.load.LoadReport;
import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.lab.LabPod;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Running;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;

/// Starts generators as processes inside pods and reads what they report.
final class Apps {
    /// Small and soon steady: the first compiler only, so that none works beside the proxy on the
    /// same core while something is measured.
    private static final List<String> JVM =
            List.of(
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:-UsePerfData",
                    "-Xms16m",
                    "-Xmx48m",
                    "-Xss256k",
                    "-Xshare:auto");

    private final List<String> java;
    private final AtomicInteger number = new AtomicInteger();

    Apps() {
        var words = new ArrayList<String>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(JVM);
        words.add("-cp");
        words.add(
                codeOf(LoadMain.class)
                        + File.pathSeparator
                        + codeOf(Histogram.class)
                        + File.pathSeparator
                        + codeOf(org.jspecify.annotations.NullMarked.class));
        words.add(LoadMain.class.getName());
        this.java = List.copyOf(words);
    }

    /// One generator that runs, in its pod.
    record App(Lab lab, Running process) implements AutoCloseable {
        App awaitReady() {
            process.awaitReady(LoadReport.READY, () -> process.lines().contains(LoadReport.READY));
            return this;
        }

        /// @throws LabFault with the end of its log, if it ends without one or takes too long
        LoadReport awaitReport(Duration limit) {
            boolean over =
                    lab.await().until(limit, () -> report().isPresent() || !process.isAlive());
            return report().orElseThrow(() ->
                    new LabFault(
                            "%s %s. The end of its log:%n%s"
                                    .formatted(
                                            process.name(),
                                            over
                                                    ? "ended without a report"
                                                    : "had no report after " + limit,
                                            process.tail())));
        }

        private Optional<LoadReport> report() {
            return process.lines().stream()
                    .map(LoadReport::parse)
                    .flatMap(Optional::stream)
                    .findFirst();
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /// @param options `name=value`, as [LoadMain] describes them
    App start(Lab lab, LabPod pod, int core, String role, List<String> options) {
        var words = new ArrayList<>(java);
        words.add(role);
        words.addAll(options);
        // A name, and so a log, of its own each time.
        String name = "load-%s-%d".formatted(role, number.incrementAndGet());
        var spec = ProcessSpec.of(name, words).onCore(core);
        return new App(lab, lab.processes().start(pod.netns(), spec));
    }

    private static String codeOf(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("where is " + type + "?", e);
        }
    }
}
