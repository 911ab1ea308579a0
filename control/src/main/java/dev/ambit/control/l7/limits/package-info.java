/// `TrafficLimits` as Envoy's own filters.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.limits;
