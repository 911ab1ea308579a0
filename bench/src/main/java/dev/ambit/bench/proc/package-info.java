/// What `/proc` says about processes and the machine.
@NullMarked
package dev.ambit.bench.proc;

import org.jspecify.annotations.NullMarked;
