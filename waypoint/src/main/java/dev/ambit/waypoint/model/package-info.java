/// What a waypoint serves, compiled from configuration: immutable, free of protobuf, swapped whole.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.model;
