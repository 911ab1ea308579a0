package dev.ambit.bench;

import dev.ambit.bench.control.ControlCommand;
import dev.ambit.bench.macro.MacroCommand;
import dev.ambit.bench.micro.MicroCommand;
import dev.ambit.bench.waypoint.WaypointCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `./dev bench`: `macro` (also when no command is named), `micro`, `control` and `waypoint`.
@Command(
        name = "bench",
        description =
                "Benchmarks: whole proxies side by side (macro), single operations (micro), the"
                        + " control plane with a big mesh (control), the waypoint beside Envoy"
                        + " (waypoint).",
        mixinStandardHelpOptions = true,
        subcommands = {
            MacroCommand.class,
            MicroCommand.class,
            ControlCommand.class,
            WaypointCommand.class
        })
public final class BenchMain implements Runnable {
    /// Kept, as a logger that nothing holds loses its level.
    private static final Logger QUIET = Logger.getLogger("dev.ambit.e2e");

    private BenchMain() {}

    public static void main(String[] args) {
        QUIET.setLevel(Level.WARNING);
        var words = new ArrayList<>(List.of(args));
        boolean options = !words.isEmpty() && words.getFirst().startsWith("--");
        if (words.isEmpty() || options && !words.getFirst().equals("--help")) {
            words.addFirst("macro");
        }
        System.exit(new CommandLine(new BenchMain()).execute(words.toArray(String[]::new)));
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
