package dev.ambit.cli;

import dev.ambit.control.l7.Finding.Level;
import dev.ambit.control.l7.report.Entry;
import dev.ambit.control.l7.report.Output;
import dev.ambit.control.l7.report.Report;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What is not in effect as it is written, and what to do about it.
@Command(
        name = "analyze",
        description = "Look for what is wrong in, or without effect of, a directory of YAML.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:nothing is wrong",
            "1:there are errors (with --strict: or warnings)",
            "2:the directory or an option can't be used"
        })
final class AnalyzeCommand implements Callable<Integer> {
    @Mixin private MeshOptions mesh = new MeshOptions();

    @Option(names = "--strict", description = "warnings make the exit code 1 too")
    private boolean strict;

    @Option(
            names = {"-o", "--output"},
            defaultValue = "TEXT",
            description = "text, json or yaml (default: text)")
    private Format format = Format.TEXT;

    @Option(names = "--all", description = "print what is only worth knowing, too")
    private boolean all;

    enum Format {
        TEXT,
        JSON,
        YAML
    }

    @Override
    public Integer call() {
        try {
            var read = mesh.read();
            var entries = Report.of(read.model()).entries();
            var shown =
                    entries.stream()
                            .filter(e -> all || format != Format.TEXT || e.level() != Level.INFO)
                            .toList();
            System.out.print(text(shown, summary(entries, read.written())));
            boolean bad =
                    count(entries, Level.ERROR) > 0
                            || (strict && count(entries, Level.WARNING) > 0);
            return bad ? 1 : 0;
        } catch (IOException | IllegalArgumentException failed) {
            System.err.println("ambit analyze: " + failed.getMessage());
            return 2;
        }
    }

    private String text(List<Entry> entries, LinkedHashMap<String, Long> summary) {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("findings", entries.stream().map(Entry::tree).toList());
        tree.put("summary", summary);
        return switch (format) {
            case JSON -> Output.json(tree);
            case YAML -> Output.yaml(tree);
            case TEXT -> {
                var text = new StringBuilder();
                entries.forEach(e -> text.append(e.text()));
                text.append(
                        summary.entrySet().stream()
                                .map(e -> counted(e.getValue(), e.getKey()))
                                .collect(Collectors.joining(", ")));
                yield text.append('\n').toString();
            }
        };
    }

    private static LinkedHashMap<String, Long> summary(List<Entry> entries, int resources) {
        var summary = new LinkedHashMap<String, Long>();
        summary.put("resources", (long) resources);
        summary.put("errors", count(entries, Level.ERROR));
        summary.put("warnings", count(entries, Level.WARNING));
        summary.put("notes", count(entries, Level.INFO));
        return summary;
    }

    private static String counted(long count, String many) {
        return count + " " + (count == 1 ? many.substring(0, many.length() - 1) : many);
    }

    private static long count(List<Entry> entries, Level level) {
        return entries.stream().filter(e -> e.level() == level).count();
    }
}
