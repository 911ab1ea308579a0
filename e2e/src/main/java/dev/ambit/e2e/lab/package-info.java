/// Nodes and pods as network namespaces, and real processes inside them.
@NullMarked
package dev.ambit.e2e.lab;

import org.jspecify.annotations.NullMarked;
