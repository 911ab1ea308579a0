/// Single decisions and codecs under JMH, with bytes allocated per operation.
@NullMarked
package dev.ambit.bench.micro;

import org.jspecify.annotations.NullMarked;
