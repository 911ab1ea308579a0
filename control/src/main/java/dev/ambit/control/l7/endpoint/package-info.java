/// Endpoints of services as a waypoint is sent them.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.endpoint;
