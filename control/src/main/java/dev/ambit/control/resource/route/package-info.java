/// Istio's and the Gateway API's routes, as they are written.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.resource.route;
