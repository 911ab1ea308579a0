package dev.ambit.e2e.mesh;

/// Where the lab says what it is doing, one line a step.
@FunctionalInterface
public interface Progress {
    void step(String what);

    static Progress silent() {
        return what -> {};
    }
}
