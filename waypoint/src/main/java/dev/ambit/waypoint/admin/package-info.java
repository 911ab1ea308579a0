/// The process's pages for people, probes and tools, in the forms of Envoy's.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.admin;
