package dev.ambit.mesh.store;

import dev.ambit.mesh.model.Workload;
import java.util.List;

/// Told after a batch was applied, on the store's writer thread; reads see the batch.
public interface MeshListener {
    void changed(ChangeSet changes);

    /// @param added workloads that are new, or replaced another with the same uid
    /// @param removed workloads that are gone, or were replaced
    /// @param policies whether any policy came, went, changed or was refused
    record ChangeSet(List<Workload> added, List<Workload> removed, boolean policies) {}
}
