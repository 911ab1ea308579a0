package dev.ambit.process.config;

/// The name of an environment variable, or how a family of them begins: a constant of an enum, so
/// that each program has one list of what it looks at.
public interface Named {
    String name();
}
