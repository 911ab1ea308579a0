package dev.ambit.mesh.store;

import dev.ambit.mesh.model.Service;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who looks a service up, which decides what is visible and what comes first.
///
/// @param namespace null: nobody in particular, who sees everything
record Client(@Nullable String namespace) {
    boolean owns(Service service) {
        return service.key().namespace().equals(namespace);
    }

    private boolean sees(Service service) {
        return namespace == null
                || service.visibility() == Service.Visibility.PUBLIC
                || owns(service);
    }

    /// The client's own namespace, then the canonical one, then the first by name, so that the
    /// order of updates does not matter. Null: none of them is visible.
    @Nullable Service best(List<Service> candidates) {
        Service best = null;
        for (var service : candidates) {
            if (sees(service) && (best == null || before(service, best))) {
                best = service;
            }
        }
        return best;
    }

    private boolean before(Service a, Service b) {
        if (owns(a) != owns(b)) {
            return owns(a);
        }
        if (a.canonical() != b.canonical()) {
            return a.canonical();
        }
        return a.key().toString().compareTo(b.key().toString()) < 0;
    }
}
