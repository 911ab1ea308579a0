package dev.ambit.control.resource;

public record Namespace(Meta meta) implements Resource {}
