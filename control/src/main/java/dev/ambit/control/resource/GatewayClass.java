package dev.ambit.control.resource;

/// @param controllerName who implements the class, `istio.io/mesh-controller` for waypoints
public record GatewayClass(Meta meta, String controllerName) implements Resource {}
