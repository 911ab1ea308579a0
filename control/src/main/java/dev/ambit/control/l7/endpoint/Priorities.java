package dev.ambit.control.l7.endpoint;

import dev.ambit.control.l7.endpoint.EndpointGroup.Member;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.traffic.LocalityLb;
import io.envoyproxy.envoy.config.core.v3.Locality;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;

/// Weights and priorities of groups, seen from one place.
final class Priorities {
    private static final String ANY = "*";

    /// Same place, zone, region; another region; a region that is not the next.
    private static final int PLACES = 5;

    private final Locality place;
    private final Map<String, String> labels;

    /// @param place where the proxy is
    /// @param labels of the proxy
    Priorities(Locality place, Map<String, String> labels) {
        this.place = place;
        this.labels = labels;
    }

    /// @param splittable groups may be split by labels of their members
    List<EndpointGroup> apply(
            Preference preference, List<EndpointGroup> groups, boolean splittable) {
        return switch (preference) {
            case Preference.None none -> groups;
            case Preference.Shares shares -> shares(shares.shares(), groups);
            case Preference.Failover failover -> {
                if (failover.labels().isEmpty()) {
                    yield places(failover.regions(), groups);
                }
                var split = splittable ? byLabels(failover.labels(), groups) : groups;
                yield failover.regions().isEmpty() ? split : places(failover.regions(), split);
            }
        };
    }

    /// Only the first entry for this place counts; what it does not name gets nothing.
    private List<EndpointGroup> shares(
            List<LocalityLb.Distribute> entries, List<EndpointGroup> groups) {
        var entry = entries.stream().filter(e -> matches(place, e.from())).findFirst();
        return entry.map(e -> shares(e, groups)).orElse(groups);
    }

    private static List<EndpointGroup> shares(
            LocalityLb.Distribute entry, List<EndpointGroup> groups) {
        var result = new ArrayList<>(groups.stream().map(EndpointGroup::withoutMembers).toList());
        var open = new TreeSet<Integer>();
        for (int i = 0; i < groups.size(); i++) {
            open.add(i);
        }
        entry.to()
                .forEach((to, share) -> {
                    var meant =
                            open.stream()
                                    .filter(i -> matches(groups.get(i).locality(), to))
                                    .toList();
                    open.removeAll(meant);
                    long total = meant.stream().mapToLong(i -> weight(groups.get(i))).sum();
                    for (int i : meant) {
                        var group = groups.get(i);
                        long part = ceiling(weight(group) * share, total);
                        result.set(i, part > 0 ? group.withWeight(part) : group);
                    }
                });
        return result;
    }

    private static long weight(EndpointGroup group) {
        return group.weight().orElse(1);
    }

    private static long ceiling(long dividend, long divisor) {
        return divisor == 0 ? 0 : (dividend + divisor - 1) / divisor;
    }

    private static boolean matches(Locality locality, String rule) {
        var parts = rule.split("/", 3);
        return (parts[0].equals(ANY) || parts[0].equals(locality.getRegion()))
                && (parts.length < 2 || matches(parts[1], locality.getZone()))
                && (parts.length < 3 || matches(parts[2], locality.getSubZone()));
    }

    private static boolean matches(String rule, String value) {
        return rule.isEmpty() || rule.equals(ANY) || rule.equals(value);
    }

    private List<EndpointGroup> places(
            List<LocalityLb.Failover> regions, List<EndpointGroup> groups) {
        return compact(
                groups.stream()
                        .map(g ->
                                g.withPriority(
                                        g.priority() * PLACES + distance(g.locality(), regions)))
                        .toList());
    }

    private int distance(Locality other, List<LocalityLb.Failover> regions) {
        if (!place.getRegion().equals(other.getRegion())) {
            boolean passedOver =
                    regions.stream()
                            .filter(r -> r.from().equals(place.getRegion()))
                            .findFirst()
                            .filter(r -> !r.to().equals(other.getRegion()))
                            .isPresent();
            return passedOver ? 4 : 3;
        }
        if (!place.getZone().equals(other.getZone())) {
            return 2;
        }
        return place.getSubZone().equals(other.getSubZone()) ? 0 : 1;
    }

    private List<EndpointGroup> byLabels(List<String> wanted, List<EndpointGroup> groups) {
        if (labels.isEmpty()) {
            return groups;
        }
        var names = new ArrayList<String>();
        var values = new HashMap<String, String>();
        for (var text : wanted) {
            var parts = text.split("=", -1);
            names.add(parts[0]);
            if (parts.length == 2) {
                values.put(parts[0], parts[1]);
            }
        }
        names.forEach(n -> values.putIfAbsent(n, labels.getOrDefault(n, "")));
        boolean networkFirst = wanted.getFirst().equals(Names.NETWORK);
        var split = new ArrayList<EndpointGroup>();
        for (var group : groups) {
            var byPriority = new TreeMap<Integer, List<Member>>();
            for (var member : group.members()) {
                int priority = mismatch(names, values, networkFirst, member.labels());
                byPriority.computeIfAbsent(priority, p -> new ArrayList<>()).add(member);
            }
            byPriority.forEach((priority, members) ->
                    split.add(
                            new EndpointGroup(
                                    group.locality(),
                                    members,
                                    OptionalLong.of(Weights.sum(members)),
                                    priority)));
        }
        return compact(split);
    }

    /// The earlier the first label that differs, the less preferred. Another network is worse than
    /// anything of this one, and is compared by the rest among its like.
    private static int mismatch(
            List<String> names,
            Map<String, String> values,
            boolean networkFirst,
            Map<String, String> of) {
        int adjust = 0;
        for (int i = 0; i < names.size(); i++) {
            var name = names.get(i);
            if (values.getOrDefault(name, "").equals(of.getOrDefault(name, ""))) {
                continue;
            }
            if (i == 0 && networkFirst) {
                adjust = names.size();
                continue;
            }
            return names.size() - i + adjust;
        }
        return adjust;
    }

    /// Priorities without gaps, which Envoy insists on.
    private static List<EndpointGroup> compact(List<EndpointGroup> groups) {
        var ranks = new LinkedHashMap<Integer, Integer>();
        groups.stream()
                .map(EndpointGroup::priority)
                .sorted()
                .forEach(p -> ranks.putIfAbsent(p, ranks.size()));
        return groups.stream()
                .map(g -> g.withPriority(ranks.getOrDefault(g.priority(), 0)))
                .toList();
    }
}
