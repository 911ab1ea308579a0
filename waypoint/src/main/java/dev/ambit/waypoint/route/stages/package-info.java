/// Stages that have to do with routes: faults, CORS, headers, limits, gRPC-Web.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.route.stages;
