/// Services and endpoints as waypoints see them, from Kubernetes and ServiceEntries alike.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.registry;
