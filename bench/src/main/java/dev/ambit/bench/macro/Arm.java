package dev.ambit.bench.macro;

import java.util.Optional;

/// One way for two applications on two nodes to talk.
interface Arm {
    String name();

    /// Why it cannot take part, with what to do about it; empty when it can.
    Optional<String> missing();

    /// Sets it up: pods, proxies, all that is needed to connect.
    Rig raise();

    /// Whether it needs load before it is at its own speed (a compiler at run time).
    boolean warmsUp();
}
