package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import java.util.List;

/// A TCPRoute or a TLSRoute.
///
/// @param kind `TCPRoute` or `TLSRoute`
/// @param hostnames of a TLSRoute
/// @param rules backends of each
public record L4Route(
        Meta meta,
        String kind,
        List<ParentRef> parents,
        List<String> hostnames,
        List<List<BackendRef>> rules)
        implements Resource {

    public L4Route {
        parents = List.copyOf(parents);
        hostnames = List.copyOf(hostnames);
        rules = rules.stream().map(List::copyOf).toList();
    }

    public boolean tls() {
        return kind.equals("TLSRoute");
    }
}
