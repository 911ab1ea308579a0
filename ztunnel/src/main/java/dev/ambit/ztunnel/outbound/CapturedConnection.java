package dev.ambit.ztunnel.outbound;

import dev.ambit.mesh.model.Workload;
import java.net.InetSocketAddress;

/// A connection that one of this node's pods opened, as it was captured.
///
/// @param client the application's own address
/// @param source the pod's workload
public record CapturedConnection(InetSocketAddress client, OriginalDst dst, Workload source) {}
