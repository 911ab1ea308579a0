package dev.ambit.control.l7.route;

import dev.ambit.control.resource.Meta;
import java.util.List;

/// Routes of one resource, ready to be rendered.
///
/// @param meta of the resource that they are from
/// @param hosts that they are for, wildcards included
public record RouteTable(Meta meta, List<String> hosts) {
    public RouteTable {
        hosts = List.copyOf(hosts);
    }
}
