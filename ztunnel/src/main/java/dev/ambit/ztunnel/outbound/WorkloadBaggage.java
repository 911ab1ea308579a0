package dev.ambit.ztunnel.outbound;

import dev.ambit.hbone.wire.Baggage;
import dev.ambit.mesh.model.Workload;

/// A workload as it introduces itself to the other end.
public final class WorkloadBaggage {
    private WorkloadBaggage() {}

    public static String of(Workload workload) {
        return new Baggage(
                        workload.clusterId(),
                        workload.namespace(),
                        workload.workloadType().label(),
                        workload.workloadName(),
                        workload.canonicalName(),
                        workload.canonicalRevision(),
                        workload.locality().region(),
                        workload.locality().zone())
                .encode();
    }
}
