/// Security resources that only waypoints enforce.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.resource.security;
