/// Traffic as real processes: throughput, open-loop latency, connection churn, idle connections.
@NullMarked
package dev.ambit.bench.load;

import org.jspecify.annotations.NullMarked;
