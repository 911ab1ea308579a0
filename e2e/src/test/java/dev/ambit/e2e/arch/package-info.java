/// Rules about the code itself.
@NullMarked
package dev.ambit.e2e.arch;

import org.jspecify.annotations.NullMarked;
