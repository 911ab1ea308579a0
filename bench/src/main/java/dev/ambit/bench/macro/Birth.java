package dev.ambit.bench.macro;

import dev.ambit.bench.proc.ProcessMemory;

/// How a proxy came up.
///
/// @param readyMillis from the start of its process to its first "ready"
/// @param memory settled, before any traffic
record Birth(long readyMillis, ProcessMemory memory) {}
