package dev.ambit.e2e;

import dev.ambit.e2e.cmd.DemoCommand;
import dev.ambit.e2e.cmd.DownCommand;
import dev.ambit.e2e.cmd.ExecCommand;
import dev.ambit.e2e.cmd.TrainCommand;
import dev.ambit.e2e.cmd.UpCommand;
import dev.ambit.e2e.lab.LabFault;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The commands that need a lab: `ambit demo | up | exec | down | train`.
@Command(
        name = "ambit",
        mixinStandardHelpOptions = true,
        description = "A mesh of network namespaces and real processes on this machine.",
        subcommands = {
            DemoCommand.class,
            UpCommand.class,
            ExecCommand.class,
            DownCommand.class,
            TrainCommand.class
        })
public final class LabMain implements Runnable {
    /// The agents' diary of each connection, of use in tests; kept, as a logger that nothing holds
    /// loses its level.
    private static final Logger DIARY = Logger.getLogger("dev.ambit.e2e");

    private LabMain() {}

    public static void main(String[] args) {
        DIARY.setLevel(Level.WARNING);
        var line = new CommandLine(new LabMain()).setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((failure, command, _) -> {
            if (failure instanceof LabFault fault) {
                System.err.println("ambit " + command.getCommandName() + ": " + fault.getMessage());
                return 1;
            }
            throw failure;
        });
        System.exit(line.execute(args));
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
