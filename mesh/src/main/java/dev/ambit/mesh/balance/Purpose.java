package dev.ambit.mesh.balance;

/// What a service is looked up for.
public enum Purpose {
    /// As somebody addressed it, or as a network's gateway: the port must be one of the service's.
    SERVICE,
    /// As a waypoint: an endpoint with an application tunnel takes any port, since the proxy in
    /// front of it maps that.
    WAYPOINT
}
