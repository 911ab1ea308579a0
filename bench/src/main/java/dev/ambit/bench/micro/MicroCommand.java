package dev.ambit.bench.micro;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bench micro`: JMH, with bytes allocated per operation.
@Command(
        name = "micro",
        description = "Single operations under JMH, with bytes allocated per operation.",
        mixinStandardHelpOptions = true)
public final class MicroCommand implements Callable<Integer> {
    private static final String ALLOCATED = "gc.alloc.rate.norm";

    @Option(names = "--quick", description = "One fork and short iterations.")
    private boolean quick;

    @Parameters(paramLabel = "REGEX", description = "Only benchmarks whose name matches.")
    private List<String> patterns = List.of();

    @Override
    public Integer call() throws RunnerException {
        var options =
                new OptionsBuilder()
                        .forks(quick ? 1 : 3)
                        .warmupIterations(quick ? 2 : 5)
                        .warmupTime(TimeValue.milliseconds(quick ? 300 : 1_000))
                        .measurementIterations(quick ? 3 : 5)
                        .measurementTime(TimeValue.milliseconds(quick ? 300 : 1_000))
                        .addProfiler(GCProfiler.class)
                        .verbosity(VerboseMode.SILENT)
                        .shouldFailOnError(true);
        if (patterns.isEmpty()) {
            options.include("dev\\.ambit\\.bench\\.micro\\..*");
        } else {
            patterns.forEach(options::include);
        }
        System.out.println("| operation | ns | ± | B allocated |");
        System.out.println("| --- | ---: | ---: | ---: |");
        for (RunResult result : new Runner(options.build()).run()) {
            System.out.println(row(result));
        }
        return 0;
    }

    private static String row(RunResult result) {
        var parameters = new StringBuilder();
        for (String key : result.getParams().getParamsKeys()) {
            parameters
                    .append(", ")
                    .append(key)
                    .append(' ')
                    .append(result.getParams().getParam(key));
        }
        String name = result.getParams().getBenchmark();
        var allocated = result.getSecondaryResults().get(ALLOCATED);
        return String.format(
                Locale.ROOT,
                "| %s%s | %.1f | %.1f | %s |",
                name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1),
                parameters,
                result.getPrimaryResult().getScore(),
                result.getPrimaryResult().getScoreError(),
                allocated == null ? "" : String.format(Locale.ROOT, "%.0f", allocated.getScore()));
    }
}
