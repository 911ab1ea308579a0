/// Whole paths against each other: arms, rounds, measurements, the table of ratios.
@NullMarked
package dev.ambit.bench.macro;

import org.jspecify.annotations.NullMarked;
