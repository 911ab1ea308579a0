package dev.ambit.control.l7.registry;

/// @param number of the service, 1 to 65535
/// @param targetPort number of the endpoints' port; 0 when `targetName` names it
/// @param targetName name of a container port, empty when the target is a number
public record ServicePort(
        int number, String name, Protocol protocol, int targetPort, String targetName) {}
