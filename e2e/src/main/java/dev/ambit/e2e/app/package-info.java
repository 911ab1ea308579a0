/// The small servers that run in the lab's pods.
@NullMarked
package dev.ambit.e2e.app;

import org.jspecify.annotations.NullMarked;
