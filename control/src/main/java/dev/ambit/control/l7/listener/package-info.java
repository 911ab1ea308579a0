/// Listeners: what a waypoint does with what it takes in.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.listener;
