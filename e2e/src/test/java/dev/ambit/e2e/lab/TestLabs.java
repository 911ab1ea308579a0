package dev.ambit.e2e.lab;

import java.nio.file.Path;

/// Labs of tests keep their state apart from those that people run.
public final class TestLabs {
    private TestLabs() {}

    public static LabConfig config(Path stateRoot) {
        LabConfig real = LabConfig.of("test");
        return new LabConfig(
                stateRoot, "test", real.ipv6(), real.limits(), real.nanoTime(), real.uuids());
    }
}
