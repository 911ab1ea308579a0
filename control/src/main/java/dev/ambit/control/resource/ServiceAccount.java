package dev.ambit.control.resource;

public record ServiceAccount(Meta meta) implements Resource {}
