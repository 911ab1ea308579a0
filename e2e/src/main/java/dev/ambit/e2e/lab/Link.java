package dev.ambit.e2e.lab;

/// One end of the cable between two hosts: where packets between them can be watched.
///
/// @param from the host on whose side it is watched
/// @param networkInterface the interface inside that host's namespace
public record Link(Host from, Host to, String networkInterface) {}
