package dev.ambit.cli;

import dev.ambit.control.l7.report.Output;
import dev.ambit.control.l7.report.Report;
import dev.ambit.control.l7.report.StatusBook;
import dev.ambit.control.l7.report.StatusTable;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What would be written into the status of each resource.
@Command(
        name = "status",
        description = "Print the status of each resource of a directory of YAML.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
    @Mixin private MeshOptions mesh = new MeshOptions();

    @Option(
            names = {"-o", "--output"},
            defaultValue = "TABLE",
            description = "table, json or yaml (default: table)")
    private Format format = Format.TABLE;

    enum Format {
        TABLE,
        JSON,
        YAML
    }

    @Override
    public Integer call() {
        try {
            var read = mesh.read();
            var statuses = Report.of(read.model()).statuses();
            var entries =
                    StatusBook.empty()
                            .next(read.input(), statuses, Clock.systemUTC().instant())
                            .entries();
            System.out.print(
                    switch (format) {
                        case TABLE -> StatusTable.of(statuses);
                        case JSON -> Output.json(entries);
                        case YAML -> {
                            var text = new StringBuilder();
                            entries.forEach(e -> text.append("---\n").append(Output.yaml(e)));
                            yield text.toString();
                        }
                    });
            return 0;
        } catch (IOException | IllegalArgumentException failed) {
            System.err.println("ambit status: " + failed.getMessage());
            return 2;
        }
    }
}
