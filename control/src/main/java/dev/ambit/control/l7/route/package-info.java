/// Routes: VirtualServices and Gateway API routes meet in one form ({@link
/// dev.ambit.control.l7.route.RouteTable}), made once per change and found by host ({@link
/// dev.ambit.control.l7.route.RouteIndex}); from it come the route configurations of HTTP chains
/// and the cluster choice of TCP chains.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.route;
