package dev.ambit.waypoint.route;

/// The routes of one chain, compiled.
public interface RouteTable {
    /// `RouteConfiguration.name`.
    String name();
}
