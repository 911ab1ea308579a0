package dev.ambit.mesh.store;

import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.RefusedPolicy;

/// One step of an update.
public sealed interface Change {
    record PutWorkload(Workload workload) implements Change {}

    record PutService(Service service) implements Change {}

    record PutPolicy(Policy policy) implements Change {}

    /// It was sent, and can't be used: with nothing older to fall back on it denies.
    record RefusePolicy(RefusedPolicy policy) implements Change {}

    /// @param name a workload's uid, or `namespace/hostname` of a service
    record RemoveAddress(String name) implements Change {}

    /// @param key `namespace/name`
    record RemovePolicy(String key) implements Change {}
}
