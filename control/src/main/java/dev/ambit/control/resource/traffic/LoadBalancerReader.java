package dev.ambit.control.resource.traffic;

import dev.ambit.control.resource.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Reads a `loadBalancer`.
final class LoadBalancerReader {
    private static final int WEIGHT_MAX = 100;
    private static final double PERCENT_MAX = 100;

    /// Envoy's.
    private static final int MAGLEV_MAX = 5_000_011;

    /// Envoy's; a larger ring would be megabytes per cluster.
    private static final int RING_MAX = 8_388_608;

    private static final Set<String> TOPOLOGY =
            Set.of(
                    "topology.kubernetes.io/region",
                    "topology.kubernetes.io/zone",
                    "topology.istio.io/subzone");

    private static final List<String> KEYS =
            List.of("httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName");

    private LoadBalancerReader() {}

    static LoadBalancer loadBalancer(Fields fields) {
        if (fields.has("simple") && fields.has("consistentHash")) {
            throw fields.bad("simple", "set with consistentHash (expected: one of the two)");
        }
        if (fields.has("localityLbSetting") && fields.has("zoneAwareLbSetting")) {
            throw fields.bad(
                    "zoneAwareLbSetting", "set with localityLbSetting (expected: one of the two)");
        }
        var balancer =
                new LoadBalancer(
                        fields.choice(
                                "simple",
                                LoadBalancer.Simple.class,
                                LoadBalancer.Simple.UNSPECIFIED),
                        fields.child("consistentHash").map(LoadBalancerReader::hash),
                        fields.child("localityLbSetting").map(LoadBalancerReader::locality),
                        fields.has("zoneAwareLbSetting"),
                        fields.timeout("warmupDurationSecs"),
                        fields.child("warmup").map(LoadBalancerReader::warmup));
        fields.child("zoneAwareLbSetting").ifPresent(LoadBalancerReader::zoneAware);
        fields.noOthers();
        return balancer;
    }

    private static void zoneAware(Fields fields) {
        fields.flag("enabled");
        failovers(fields);
        for (var label : fields.texts("failoverPriority")) {
            if (TOPOLOGY.contains(label)) {
                throw fields.bad(
                        "failoverPriority",
                        "'" + label + "' (expected: labels other than of the topology)");
            }
        }
        fields.integer("minClusterSize", 0, Integer.MAX_VALUE, 0);
        fields.noOthers();
    }

    private static LoadBalancer.Warmup warmup(Fields fields) {
        var warmup =
                new LoadBalancer.Warmup(
                        PolicyReader.required(fields, "duration"),
                        fields.decimal("minimumPercent", 0, PERCENT_MAX),
                        fields.decimal("aggression", Double.MIN_VALUE, Double.MAX_VALUE));
        fields.noOthers();
        return warmup;
    }

    private static LoadBalancer.ConsistentHash hash(Fields fields) {
        var set = KEYS.stream().filter(fields::has).toList();
        if (set.size() > 1) {
            throw fields.bad(
                    set.get(1), "set with " + set.getFirst() + " (expected: one kind of key)");
        }
        Optional<LoadBalancer.HashKey> key = Optional.empty();
        var header = fields.text("httpHeaderName");
        var query = fields.text("httpQueryParameterName");
        boolean ip = fields.bool("useSourceIp");
        var cookie = fields.child("httpCookie").map(LoadBalancerReader::cookie);
        if (!header.isEmpty()) {
            key = Optional.of(new LoadBalancer.HashKey.Header(header));
        } else if (cookie.isPresent()) {
            key = Optional.of(cookie.get());
        } else if (ip) {
            key = Optional.of(new LoadBalancer.HashKey.SourceIp());
        } else if (!query.isEmpty()) {
            key = Optional.of(new LoadBalancer.HashKey.QueryParameter(query));
        }
        int outdated = fields.integer("minimumRingSize", 0, RING_MAX, 0);
        var algorithm = algorithm(fields);
        if (outdated != 0 && !(algorithm instanceof LoadBalancer.Algorithm.NotSaid)) {
            throw fields.bad(
                    "minimumRingSize", "set with ringHash or maglev (expected: one of the two)");
        }
        fields.noOthers();
        return new LoadBalancer.ConsistentHash(key, algorithm, outdated);
    }

    private static LoadBalancer.Algorithm algorithm(Fields fields) {
        var ring = fields.child("ringHash");
        var maglev = fields.child("maglev");
        if (ring.isPresent() && maglev.isPresent()) {
            throw fields.bad("maglev", "set with ringHash (expected: one of the two)");
        }
        if (ring.isPresent()) {
            int size = ring.get().integer("minimumRingSize", 0, RING_MAX, 0);
            ring.get().noOthers();
            return new LoadBalancer.Algorithm.Ring(size);
        }
        if (maglev.isPresent()) {
            int size = maglev.get().integer("tableSize", 0, Integer.MAX_VALUE, 0);
            maglev.get().noOthers();
            if (size >= MAGLEV_MAX || !prime(size)) {
                throw maglev.get()
                        .bad(
                                "tableSize",
                                size + " (expected: a prime number below " + MAGLEV_MAX + ")");
            }
            return new LoadBalancer.Algorithm.Maglev(size);
        }
        return new LoadBalancer.Algorithm.NotSaid();
    }

    private static boolean prime(int number) {
        if (number < 2) {
            return false;
        }
        for (int divisor = 2; (long) divisor * divisor <= number; divisor++) {
            if (number % divisor == 0) {
                return false;
            }
        }
        return true;
    }

    private static LoadBalancer.HashKey cookie(Fields fields) {
        var attributes = new ArrayList<LoadBalancer.HashKey.Attribute>();
        for (var attribute : fields.children("attributes")) {
            attributes.add(
                    new LoadBalancer.HashKey.Attribute(
                            attribute.required("name"), attribute.text("value")));
            attribute.noOthers();
        }
        PolicyReader.requireDistinct(
                fields,
                "attributes",
                attributes.stream().map(LoadBalancer.HashKey.Attribute::name).toList());
        var cookie =
                new LoadBalancer.HashKey.Cookie(
                        fields.required("name"),
                        fields.text("path"),
                        fields.duration("ttl"),
                        attributes);
        fields.noOthers();
        return cookie;
    }

    static LocalityLb locality(Fields fields) {
        var distribute = new ArrayList<LocalityLb.Distribute>();
        for (var entry : fields.children("distribute")) {
            distribute.add(distribute(entry));
        }
        var failover = failovers(fields);
        var priority = fields.texts("failoverPriority");
        var setting = new LocalityLb(distribute, failover, priority, fields.flag("enabled"));
        fields.noOthers();
        if (!distribute.isEmpty() && !failover.isEmpty()) {
            throw fields.bad("distribute", "set with failover (expected: one of the two)");
        }
        var topology = priority.stream().filter(TOPOLOGY::contains).findFirst();
        if (!failover.isEmpty() && topology.isPresent()) {
            throw fields.bad(
                    "failoverPriority",
                    "'" + topology.get() + "' (expected: no topology label with failover)");
        }
        Localities.requireApart(
                fields,
                "distribute",
                distribute.stream().map(LocalityLb.Distribute::from).toList());
        return setting;
    }

    private static LocalityLb.Distribute distribute(Fields fields) {
        var to = new TreeMap<String, Integer>();
        fields.child("to")
                .ifPresent(map -> {
                    for (var locality : map.names()) {
                        to.put(locality, map.integer(locality, 1, WEIGHT_MAX, 0));
                    }
                });
        int sum = to.values().stream().mapToInt(Integer::intValue).sum();
        if (sum != WEIGHT_MAX) {
            throw fields.bad("to", "weights are " + sum + " in sum (expected: " + WEIGHT_MAX + ")");
        }
        Localities.requireApart(fields, "to", List.copyOf(to.keySet()));
        var distribute = new LocalityLb.Distribute(fields.text("from"), to);
        fields.noOthers();
        return distribute;
    }

    private static List<LocalityLb.Failover> failovers(Fields fields) {
        var list = new ArrayList<LocalityLb.Failover>();
        for (var entry : fields.children("failover")) {
            var failover = new LocalityLb.Failover(entry.text("from"), entry.text("to"));
            entry.noOthers();
            var both = failover.from() + failover.to();
            if (both.contains("/") || both.contains("*")) {
                throw entry.bad(
                        "from",
                        "'"
                                + failover.from()
                                + "' to '"
                                + failover.to()
                                + "' (expected: regions alone)");
            }
            if (failover.from().equals(failover.to())) {
                throw entry.bad(
                        "to", "'" + failover.to() + "' (expected: a region other than from)");
            }
            list.add(failover);
        }
        return list;
    }
}
