/// What is known of an exchange or a connection on its way through.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.exchange;
