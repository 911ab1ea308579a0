package dev.ambit.mesh.store;

import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Services by everything they are looked up by. One writer, lock-free readers.
///
/// A service that changes is replaced in place: at no moment is an address that it keeps unknown,
/// for what is unknown is passed through without policy.
final class ServiceIndex {
    private final Map<ServiceKey, Service> byKey = new ConcurrentHashMap<>();
    private final Map<NetworkAddress, List<Service>> byVip = new ConcurrentHashMap<>();
    private final Map<String, List<Service>> byHostname = new ConcurrentHashMap<>();
    private final CidrIndex byRange = new CidrIndex();

    void put(Service service) {
        var old = byKey.put(service.key(), service);
        byHostname.compute(host(service.key().hostname()), (_, all) -> with(all, service));
        for (var vip : service.vips()) {
            byVip.compute(vip, (_, all) -> with(all, service));
        }
        for (var range : service.cidrVips()) {
            byRange.put(range, service);
        }
        if (old == null) {
            return;
        }
        var vips = new HashSet<>(old.vips());
        service.vips().forEach(vips::remove);
        removeVips(vips, old);
        var ranges = new HashSet<>(old.cidrVips());
        for (var kept : service.cidrVips()) {
            ranges.removeIf(range -> sameRange(range, kept));
        }
        ranges.forEach(range -> byRange.remove(range, old));
    }

    void remove(ServiceKey key) {
        var old = byKey.remove(key);
        if (old == null) {
            return;
        }
        byHostname.compute(host(key.hostname()), (_, all) -> without(all, key));
        removeVips(old.vips(), old);
        old.cidrVips().forEach(range -> byRange.remove(range, old));
    }

    private void removeVips(Collection<NetworkAddress> vips, Service service) {
        for (var vip : vips) {
            byVip.compute(vip, (_, all) -> without(all, service.key()));
        }
    }

    /// Bits beyond the prefix don't distinguish ranges.
    private static boolean sameRange(Service.CidrVip a, Service.CidrVip b) {
        return a.network().equals(b.network())
                && a.range().prefixLength() == b.range().prefixLength()
                && a.range().contains(b.range().address());
    }

    /// Host names are equal whatever their case.
    static String host(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /// In place of the one of the same name, if it is there; in the order of their keys.
    static List<Service> with(@Nullable List<Service> all, Service service) {
        if (all == null) {
            return List.of(service);
        }
        var next = new ArrayList<Service>(all.size() + 1);
        for (var other : all) {
            if (!other.key().equals(service.key())) {
                next.add(other);
            }
        }
        next.add(service);
        next.sort(Comparator.comparing(s -> s.key().toString()));
        return List.copyOf(next);
    }

    static @Nullable List<Service> without(@Nullable List<Service> all, ServiceKey key) {
        if (all == null) {
            return null;
        }
        var rest = all.stream().filter(service -> !service.key().equals(key)).toList();
        return rest.isEmpty() ? null : rest;
    }

    // ---- readers

    @Nullable Service get(ServiceKey key) {
        return byKey.get(key);
    }

    @Nullable Service byVip(NetworkAddress address, Client client) {
        var candidates = byVip.get(address);
        return candidates == null ? null : client.best(candidates);
    }

    @Nullable Service byRange(NetworkAddress address, Client client) {
        return byRange.best(address, client);
    }

    @Nullable Service byHostname(String hostname, Client client) {
        return client.best(byHostname(hostname));
    }

    /// In the order of their keys.
    List<Service> byHostname(String hostname) {
        return byHostname.getOrDefault(host(hostname), List.of());
    }

    /// Those with this exact address, else those of the longest range around it.
    List<Service> at(NetworkAddress address) {
        var exact = byVip.get(address);
        return exact != null ? exact : byRange.longest(address);
    }

    List<Service> all() {
        return List.copyOf(byKey.values());
    }

    boolean isEmpty() {
        return byKey.isEmpty() && byVip.isEmpty() && byHostname.isEmpty() && byRange.isEmpty();
    }
}
