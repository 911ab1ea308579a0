/// Who may: policies, tokens and authorization servers, as stages of a chain.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.security;
