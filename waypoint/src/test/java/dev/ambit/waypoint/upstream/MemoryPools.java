package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.pool.Breakers;
import dev.ambit.waypoint.pool.HostPools;
import dev.ambit.waypoint.pool.PoolKey;
import dev.ambit.waypoint.stage.Permit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Pools that remember what they were asked, and answer as a test says.
final class MemoryPools implements HostPools {
    record Asked(PoolKey key, Breakers breakers, HttpListener listener) {}

    record AskedBytes(PoolKey key, Breakers breakers, ByteListener listener) {}

    final List<Asked> asked = new ArrayList<>();
    final List<AskedBytes> askedBytes = new ArrayList<>();
    final List<Predicate<PoolKey>> retired = new ArrayList<>();
    int cancelled;

    @Override
    public Upstream.Cancel request(
            PoolKey key, Breakers breakers, Permit permit, HttpListener listener) {
        asked.add(new Asked(key, breakers, listener));
        return () -> cancelled++;
    }

    @Override
    public Upstream.Cancel connect(
            PoolKey key, Breakers breakers, Permit permit, ByteListener listener) {
        askedBytes.add(new AskedBytes(key, breakers, listener));
        return () -> cancelled++;
    }

    @Override
    public void retire(Predicate<PoolKey> which) {
        retired.add(which);
    }

    @Override
    public void close() {}

    @Override
    public Load load(PoolKey key) {
        return new Load(0, 0, 0);
    }

    Asked last() {
        return asked.getLast();
    }

    boolean retires(PoolKey key) {
        return retired.stream().anyMatch(r -> r.test(key));
    }
}
