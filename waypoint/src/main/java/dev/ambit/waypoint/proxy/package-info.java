/// The stories of connections and requests: who decides what, in which order, and what is told.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.proxy;
