package dev.ambit.control.resource;

/// Read so that a directory dumped from a cluster is understood; pods name their owner themselves.
public record ReplicaSet(Meta meta) implements Resource {}
