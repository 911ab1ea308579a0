package dev.ambit.e2e.lab;

import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// How a lab is built, and the clock and randomness it uses.
///
/// @param stateRoot where runs write down what they own, so that a later run can remove what a
///   killed one left; one directory a run
/// @param kind what started the lab, so that commands find theirs: `demo`, `up`, `test`, `bench`
/// @param ipv6 whether pods and nodes have IPv6 addresses too
/// @param nanoTime a monotonic clock, in nanoseconds
/// @param uuids for pod UIDs
public record LabConfig(
        Path stateRoot,
        String kind,
        boolean ipv6,
        LabLimits limits,
        LongSupplier nanoTime,
        Supplier<UUID> uuids) {
    /// The place of a machine's labs: `AMBIT_LAB_STATE`, else `/run/ambit-lab`.
    public static Path defaultStateRoot() {
        return Path.of(
                Optional.ofNullable(System.getenv("AMBIT_LAB_STATE"))
                        .filter(path -> !path.isBlank())
                        .orElse("/run/ambit-lab"));
    }

    /// A lab on this machine, with real time and real randomness.
    public static LabConfig of(String kind) {
        return new LabConfig(
                defaultStateRoot(),
                kind,
                Path.of("/proc/sys/net/ipv6").toFile().exists(),
                LabLimits.defaults(),
                System::nanoTime,
                UUID::randomUUID);
    }

    Await await() {
        return new Await(nanoTime, limits.poll());
    }
}
