/// Whole connections between real processes in real namespaces.
@NullMarked
package dev.ambit.e2e.scenario;

import org.jspecify.annotations.NullMarked;
