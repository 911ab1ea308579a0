package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import java.util.List;
import java.util.Optional;

/// Who may refer across namespaces. Routes of services are not asked for one: only routes of
/// gateways are, as in istiod.
public record ReferenceGrant(Meta meta, List<From> from, List<To> to) implements Resource {
    public ReferenceGrant {
        from = List.copyOf(from);
        to = List.copyOf(to);
    }

    public record From(String group, String kind, String namespace) {}

    /// @param name absent: all
    public record To(String group, String kind, Optional<String> name) {}
}
