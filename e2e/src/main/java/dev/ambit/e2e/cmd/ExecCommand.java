package dev.ambit.e2e.cmd;

import dev.ambit.e2e.lab.LabConfig;
import dev.ambit.e2e.lab.LabFault;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Runs a command inside a pod of the mesh that is up.
@Command(name = "exec", description = "Run a command inside a pod of the mesh that is up.")
public final class ExecCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAMESPACE/POD")
    private String pod = "";

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "CMD")
    private List<String> command = List.of();

    @Override
    public Integer call() throws IOException, InterruptedException {
        var run =
                UpCommand.running(LabConfig.of(UpCommand.KIND))
                        .orElseThrow(() -> new LabFault("no mesh is up (start one: ambit up DIR)"));
        var pods = Files.readAllLines(run.directory().resolve("pods"));
        var namespace =
                pods.stream()
                        .map(line -> line.split(" ", -1))
                        .filter(words -> words[0].equals(pod))
                        .map(words -> words[1])
                        .findFirst()
                        .orElseThrow(() ->
                                new LabFault(
                                        "no pod '%s' (expected one of: %s)"
                                                .formatted(
                                                        pod,
                                                        String.join(
                                                                " ",
                                                                pods.stream()
                                                                        .map(l ->
                                                                                l.split(" ", -1)[0])
                                                                        .toList()))));
        var words = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        words.addAll(command);
        return new ProcessBuilder(words).inheritIO().start().waitFor();
    }
}
