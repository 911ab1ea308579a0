package dev.ambit.cli;

import dev.ambit.ztunnel.ZtunnelProcess;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// The node's proxy. Its settings are environment variables, named as Istio names them.
@Command(
        name = "ztunnel",
        description = "Run the node's L4 proxy; settings come from the environment.",
        mixinStandardHelpOptions = true)
final class ZtunnelCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return run(System.getenv());
    }

    static int run(Map<String, String> env) {
        return ZtunnelProcess.run(env);
    }
}
