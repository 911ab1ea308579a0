/// Which endpoints a cluster has, and in which order they are preferred.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.endpoint;
