package dev.ambit.waypoint.xds.listener;

import dev.ambit.waypoint.model.Inspection;
import dev.ambit.waypoint.model.Inspection.PortRange;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilterChainMatchPredicate;
import java.util.ArrayList;
import java.util.List;

/// The listener filters of `main_internal`.
final class InspectionCompiler {
    private static final String FILTERS = "envoy.extensions.filters.listener.";
    private static final String ORIGINAL_DST = FILTERS + "original_dst.v3.OriginalDst";
    private static final String HTTP = FILTERS + "http_inspector.v3.HttpInspector";
    private static final String TLS = FILTERS + "tls_inspector.v3.TlsInspector";
    private static final PortRange EVERY_PORT = new PortRange(0, 65_536);

    private InspectionCompiler() {}

    static Inspection compile(Listener listener) throws Refused {
        boolean http = false;
        boolean tls = false;
        List<PortRange> httpDisabled = List.of();
        List<PortRange> tlsDisabled = List.of();
        for (var filter : listener.getListenerFiltersList()) {
            var type = CompileScope.type(filter.getTypedConfig());
            switch (type) {
                case ORIGINAL_DST -> {
                    // The tunnel says where it goes.
                }
                case HTTP -> {
                    http = true;
                    httpDisabled = disabled(filter);
                }
                case TLS -> {
                    tls = true;
                    tlsDisabled = disabled(filter);
                }
                default ->
                        throw FilterCatalog.refusal(
                                "listener_filters[" + filter.getName() + "]", type);
            }
        }
        return new Inspection(
                http,
                httpDisabled,
                tls,
                tlsDisabled,
                listener.hasListenerFiltersTimeout()
                        ? HttpOptionsCompiler.of(listener.getListenerFiltersTimeout())
                        : Inspection.NONE.timeout(),
                listener.getContinueOnListenerFiltersTimeout());
    }

    private static List<PortRange> disabled(ListenerFilter filter) throws Refused {
        if (!filter.hasFilterDisabled()) {
            return List.of();
        }
        var ranges = new ArrayList<PortRange>();
        add(filter.getFilterDisabled(), ranges);
        return List.copyOf(ranges);
    }

    private static void add(ListenerFilterChainMatchPredicate rule, List<PortRange> into)
            throws Refused {
        switch (rule.getRuleCase()) {
            case OR_MATCH -> {
                for (var each : rule.getOrMatch().getRulesList()) {
                    add(each, into);
                }
            }
            case DESTINATION_PORT_RANGE ->
                    into.add(
                            new PortRange(
                                    rule.getDestinationPortRange().getStart(),
                                    rule.getDestinationPortRange().getEnd()));
            case ANY_MATCH -> into.add(EVERY_PORT);
            default ->
                    throw new Refused(
                            "filter_disabled",
                            rule.getRuleCase().name(),
                            "or_match of destination_port_range");
        }
    }
}
