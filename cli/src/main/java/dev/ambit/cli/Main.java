package dev.ambit.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `ambit`: the roles and the commands people type. Lab commands (`demo`, `up`, `exec`, `down`) are
/// the launcher's business.
@Command(
        name = "ambit",
        description = "Ambient-mode service mesh: ztunnel, waypoint, control plane, and tools.",
        mixinStandardHelpOptions = true,
        version = "ambit 0.1.0",
        subcommands = {
            ZtunnelCommand.class,
            WaypointCommand.class,
            ControlCommand.class,
            TokenCommand.class,
            XdsCommand.class,
            AnalyzeCommand.class,
            StatusCommand.class
        },
        footer = {
            "",
            "In the lab, as root: ambit demo | up DIR | exec NAMESPACE/POD -- CMD | down"
        })
public final class Main implements Callable<Integer> {
    private Main() {}

    public static void main(String[] args) {
        // The node's proxy is started often and in a hurry: it does without the command line
        // parser.
        if (args.length == 1 && args[0].equals("ztunnel")) {
            System.exit(ZtunnelCommand.run(System.getenv()));
        }
        // `proxy waypoint --domain ...` is what the containers of Istio's waypoints are started
        // with.
        int role = args.length > 1 && args[0].equals("proxy") ? 1 : 0;
        if (args.length > role && args[role].equals("waypoint") && !asksForHelp(args)) {
            var arguments = List.of(args).subList(role + 1, args.length);
            System.exit(WaypointCommand.run(arguments, System.getenv()));
        }
        System.exit(line().execute(args));
    }

    private static boolean asksForHelp(String[] args) {
        return List.of(args).contains("--help") || List.of(args).contains("-h");
    }

    static CommandLine line() {
        return new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
    }

    @Override
    public Integer call() {
        CommandLine.usage(this, System.out);
        return 0;
    }
}
