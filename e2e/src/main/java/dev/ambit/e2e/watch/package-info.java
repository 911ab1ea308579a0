/// Watching the link between nodes for payload that should not be readable there.
@NullMarked
package dev.ambit.e2e.watch;

import org.jspecify.annotations.NullMarked;
