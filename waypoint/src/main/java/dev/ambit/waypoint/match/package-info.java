/// Conditions on texts, headers and metadata, as routes, policies and filters share them.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.match;
