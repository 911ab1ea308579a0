/// Settings of the process, as arguments and environment variables say them.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.config;
