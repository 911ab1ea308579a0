/// What is held of the control plane's messages, in the form in which Envoy shows its own.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.xds.dump;
