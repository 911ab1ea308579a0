package dev.ambit.cli;

import dev.ambit.waypoint.WaypointProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/// The L7 proxy. Its settings are environment variables, named as Istio names them; the arguments
/// that Istio's pods pass to theirs are taken too.
@Command(
        name = "waypoint",
        description = "Run the L7 proxy of a Gateway; settings come from the environment.",
        mixinStandardHelpOptions = true)
final class WaypointCommand implements Callable<Integer> {
    @Unmatched private final List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() {
        return run(arguments, System.getenv());
    }

    static int run(List<String> arguments, Map<String, String> env) {
        return WaypointProcess.run(arguments, env);
    }
}
