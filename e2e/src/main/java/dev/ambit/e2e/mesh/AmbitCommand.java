package dev.ambit.e2e.mesh;

import dev.ambit.e2e.app.App;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// How a role of the product is started: by the launcher where we were started by it ourselves
/// (system property `ambit.home`), else by the same `java` and class path as ours, as in tests.
public final class AmbitCommand {
    private static final List<String> FLAGS =
            List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    // Tests start many for a short life.
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-XX:-UsePerfData",
                    "-Dio.netty.machineId=00:00:00:00:00:01");

    private AmbitCommand() {}

    public static List<String> of(String role, String... arguments) {
        var command = new ArrayList<String>();
        Optional<String> home = Optional.ofNullable(System.getProperty("ambit.home"));
        if (home.isPresent()) {
            command.add("env");
            command.add("AMBIT_NO_BUILD=1");
            command.add(Path.of(home.get(), "ambit").toString());
        } else {
            command.add(App.java());
            command.addAll(FLAGS);
            command.add(role.equals("ztunnel") ? "-Xmx64m" : "-Xmx256m");
            command.add("-cp");
            command.add(System.getProperty("java.class.path"));
            command.add("dev.ambit.cli.Main");
        }
        command.add(role);
        command.addAll(List.of(arguments));
        return command;
    }
}
