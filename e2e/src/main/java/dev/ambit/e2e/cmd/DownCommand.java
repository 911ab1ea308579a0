package dev.ambit.e2e.cmd;

import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabConfig;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.lab.ProcessId;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// Ends the mesh that is up, and removes what killed runs left.
@Command(name = "down", description = "End the mesh that is up; also clean up after killed runs.")
public final class DownCommand implements Callable<Integer> {
    private static final Duration STOP = Duration.ofSeconds(60);

    @Override
    public Integer call() throws InterruptedException {
        var config = LabConfig.of(UpCommand.KIND);
        var run = UpCommand.running(config);
        if (run.isPresent()) {
            run.get().owner().flatMap(ProcessId::handle).ifPresent(ProcessHandle::destroy);
            long deadline = System.nanoTime() + STOP.toNanos();
            while (Files.exists(run.get().directory())) {
                if (System.nanoTime() > deadline) {
                    throw new LabFault("run " + run.get().id() + " does not end");
                }
                Thread.sleep(100);
            }
            System.out.println("the mesh is down");
        }
        int stale = Lab.cleanStale(config);
        if (stale > 0) {
            System.out.println("removed what " + stale + " killed runs had left");
        }
        if (run.isEmpty() && stale == 0) {
            System.out.println("no mesh is up");
        }
        return 0;
    }
}
