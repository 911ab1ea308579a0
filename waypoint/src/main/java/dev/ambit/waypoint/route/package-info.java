/// Where a request goes, and what becomes of it on the way: route tables, immutable, and pure
/// functions over them.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.route;
