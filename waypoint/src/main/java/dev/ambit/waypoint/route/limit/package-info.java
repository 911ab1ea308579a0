/// How many requests are taken: what is counted, and by whom.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.route.limit;
