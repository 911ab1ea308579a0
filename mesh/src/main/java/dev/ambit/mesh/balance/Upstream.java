package dev.ambit.mesh.balance;

import dev.ambit.mesh.model.Workload;

/// What an address or a name came to: a workload, and the port to reach on it.
///
/// @param port 1 to 65535
public record Upstream(Workload workload, int port) {}
