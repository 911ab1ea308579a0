/// Access logs: which exchanges, in which words, to where.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.telemetry.log;
