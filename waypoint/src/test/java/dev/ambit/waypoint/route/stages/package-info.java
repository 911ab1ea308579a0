@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.route.stages;
