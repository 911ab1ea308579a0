package dev.ambit.control.resource;

public record WorkloadEntry(Meta meta, EndpointSpec spec) implements Resource {}
