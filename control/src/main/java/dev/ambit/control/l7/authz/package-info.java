/// AuthorizationPolicy and RequestAuthentication at a waypoint, as the filters that enforce them.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.authz;
