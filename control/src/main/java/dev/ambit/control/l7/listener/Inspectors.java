package dev.ambit.control.l7.listener;

import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.registry.MeshService;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilterChainMatchPredicate;
import io.envoyproxy.envoy.extensions.filters.listener.http_inspector.v3.HttpInspector;
import io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector;
import io.envoyproxy.envoy.type.v3.Int32Range;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// Who looks at the first bytes of a connection. A server that speaks first would wait for them, so
/// ports for which nothing is to be found out are left alone.
final class Inspectors {
    /// Enough for most greetings; it grows if need be.
    private static final int FIRST_BYTES = 512;

    private static final ListenerFilter HTTP =
            ListenerFilter.newBuilder()
                    .setName("envoy.filters.listener.http_inspector")
                    .setTypedConfig(Protos.any(HttpInspector.getDefaultInstance()))
                    .build();
    private static final ListenerFilter TLS =
            ListenerFilter.newBuilder()
                    .setName("envoy.filters.listener.tls_inspector")
                    .setTypedConfig(
                            Protos.any(
                                    TlsInspector.newBuilder()
                                            .setInitialReadBufferSize(Protos.uint32(FIRST_BYTES))
                                            .build()))
                    .build();

    private Inspectors() {}

    /// What the services behind one listener speak on one port number.
    enum Spoken {
        HTTP,
        TCP,
        /// To be found out.
        EITHER;

        Spoken and(Spoken other) {
            return this == other ? this : EITHER;
        }
    }

    /// By port number.
    static final class Ports {
        private final Map<Integer, Spoken> spoken = new HashMap<>();

        void add(int port, Spoken what) {
            spoken.merge(port, what, Spoken::and);
        }

        /// It is known already, whatever the others say.
        void set(int port, Spoken what) {
            spoken.put(port, what);
        }

        private SortedSet<Integer> known() {
            var known = new TreeSet<Integer>();
            spoken.forEach((port, what) -> {
                if (what != Spoken.EITHER) {
                    known.add(port);
                }
            });
            return known;
        }
    }

    /// @param workloads traffic to any port of a workload may come
    static ListenerFilter http(Ports ports, boolean workloads) {
        return workloads ? HTTP : without(HTTP, ports.known());
    }

    /// Only needed where TLS is passed on.
    static Optional<ListenerFilter> tls(List<MeshService> services) {
        var tls = new TreeSet<Integer>();
        var others = new TreeSet<Integer>();
        for (var service : services) {
            for (var port : service.ports()) {
                (port.protocol().isTls() ? tls : others).add(port.number());
            }
        }
        others.removeAll(tls);
        return tls.isEmpty() ? Optional.empty() : Optional.of(without(TLS, others));
    }

    private static ListenerFilter without(ListenerFilter inspector, SortedSet<Integer> ports) {
        if (ports.isEmpty()) {
            return inspector;
        }
        var rules = ports.stream().map(Inspectors::port).toList();
        return inspector.toBuilder()
                .setFilterDisabled(
                        rules.size() == 1
                                ? rules.getFirst()
                                : ListenerFilterChainMatchPredicate.newBuilder()
                                        .setOrMatch(
                                                ListenerFilterChainMatchPredicate.MatchSet
                                                        .newBuilder()
                                                        .addAllRules(rules))
                                        .build())
                .build();
    }

    private static ListenerFilterChainMatchPredicate port(int port) {
        // The end is not part of it.
        return ListenerFilterChainMatchPredicate.newBuilder()
                .setDestinationPortRange(Int32Range.newBuilder().setStart(port).setEnd(port + 1))
                .build();
    }
}
