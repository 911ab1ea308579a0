package dev.ambit.waypoint.security;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ObjLongConsumer;

/// Counters of all stages, under Envoy's names: `http.<prefix>.rbac.<rules prefix>denied`,
/// `http.<prefix>.jwt_authn.denied`, `<prefix>.rbac.denied` for TCP. They outlive the stages: a new
/// configuration goes on counting where the old one stopped. Stages hold theirs, so that nothing is
/// looked up for a request.
public final class SecurityCounters {
    private final ConcurrentMap<String, LongAdder> counters = new ConcurrentHashMap<>();

    public LongAdder counter(String name) {
        return counters.computeIfAbsent(name, _ -> new LongAdder());
    }

    public void forEach(ObjLongConsumer<String> each) {
        counters.forEach((name, counter) -> each.accept(name, counter.sum()));
    }

    public long value(String name) {
        var counter = counters.get(name);
        return counter == null ? 0 : counter.sum();
    }
}
