package dev.ambit.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `ambit`: the roles and the commands people type. Lab commands (`demo`, `up`, `exec`, `down`) are
/// the launcher's business.
@Command(
        name = "ambit",
        description = "Ambient-mode service mesh: ztunnel, control plane, and tools.",
        mixinStandardHelpOptions = true,
        version = "ambit 0.1.0",
        subcommands = {
            ZtunnelCommand.class,
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
        System.exit(line().execute(args));
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
