/// Route tables and the filters that go with them, from the dialect.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.xds.route;
