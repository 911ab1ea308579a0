@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.xds.secret;
