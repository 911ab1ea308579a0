package dev.ambit.waypoint.security;

import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.security.PolicySlots.Slot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Policies in order, found by the values that they ask for: a check costs what the policies cost
/// that share a value with the request. Its answers are those of asking every policy in turn.
final class PolicyIndex {
    /// As few are asked in turn: that is faster than looking them up.
    private static final int FEW = 4;

    private static final int NOBODY = Integer.MAX_VALUE;

    private final AccessPolicy[] policies;
    private int[] always = OrdinalIndex.NONE;
    private final OrdinalIndex principals = new OrdinalIndex();
    private final Map<String, int[]> namespaces = new HashMap<>();
    private final Map<String, int[]> accounts = new HashMap<>();
    private final OrdinalIndex paths = new OrdinalIndex();
    private final OrdinalIndex serverNames = new OrdinalIndex();
    private final Map<Integer, int[]> ports = new HashMap<>();
    private final List<Field> fields = new ArrayList<>();
    private boolean byPrincipal;
    private boolean byPath;
    private boolean byServerName;

    private record Field(String name, OrdinalIndex values) {}

    PolicyIndex(List<AccessPolicy> inOrder) {
        policies = inOrder.toArray(AccessPolicy[]::new);
        if (policies.length > FEW) {
            file(inOrder);
        }
    }

    private void file(List<AccessPolicy> inOrder) {
        var slots = new PolicySlots(inOrder);
        var filed = new HashMap<Slot, List<Integer>>();
        var everywhere = new ArrayList<Integer>();
        for (int i = 0; i < policies.length; i++) {
            int ordinal = i;
            slots.of(policies[i])
                    .ifPresentOrElse(
                            all ->
                                    all.forEach(slot ->
                                            filed.computeIfAbsent(slot, _ -> new ArrayList<>())
                                                    .add(ordinal)),
                            () -> everywhere.add(ordinal));
        }
        always = ints(everywhere);
        filed.forEach((slot, ordinals) -> put(slot, ints(ordinals)));
    }

    private static int[] ints(List<Integer> ordinals) {
        return ordinals.stream().mapToInt(Integer::intValue).toArray();
    }

    private void put(Slot slot, int[] ordinals) {
        switch (slot) {
            case Slot.Principal(var key) -> {
                byPrincipal = true;
                principals.put(key, ordinals);
            }
            case Slot.Namespace(var name) -> namespaces.put(name, ordinals);
            case Slot.Account(var namespace, var name) ->
                    accounts.put(namespace + '/' + name, ordinals);
            case Slot.Path(var key) -> {
                byPath = true;
                paths.put(key, ordinals);
            }
            case Slot.Field(var name, var key) -> field(name).put(key, ordinals);
            case Slot.ServerName(var key) -> {
                byServerName = true;
                serverNames.put(key, ordinals);
            }
            case Slot.Port(var port) -> ports.put(port, ordinals);
        }
    }

    private OrdinalIndex field(String name) {
        for (var field : fields) {
            if (field.name.equals(name)) {
                return field.values;
            }
        }
        var field = new Field(name, new OrdinalIndex());
        fields.add(field);
        return field.values;
    }

    int size() {
        return policies.length;
    }

    AccessPolicy get(int ordinal) {
        return policies[ordinal];
    }

    /// The first policy that matches; null for none.
    @Nullable AccessPolicy firstMatch(Facts facts) {
        int found = policies.length <= FEW ? inTurn(facts) : lookedUp(facts);
        return found == NOBODY ? null : policies[found];
    }

    private int inTurn(Facts facts) {
        for (int i = 0; i < policies.length; i++) {
            if (policies[i].holds(facts)) {
                return i;
            }
        }
        return NOBODY;
    }

    private int lookedUp(Facts facts) {
        OrdinalIndex.Visit visit =
                (ordinals, best) -> {
                    for (int ordinal : ordinals) {
                        if (ordinal >= best) {
                            return best;
                        }
                        if (policies[ordinal].holds(facts)) {
                            return ordinal;
                        }
                    }
                    return best;
                };
        int best = visit.at(always, NOBODY);
        best = byIdentity(facts.connection().peerPrincipal(), visit, best);
        if (byPath) {
            best = paths.visit(facts.path(), visit, best);
        }
        var head = facts.head();
        for (int i = 0; head != null && i < fields.size(); i++) {
            best = byField(fields.get(i), head, visit, best);
        }
        if (byServerName) {
            best = serverNames.visit(facts.connection().serverName(), visit, best);
        }
        return ports.isEmpty()
                ? best
                : visit.at(ports.getOrDefault(facts.port(), OrdinalIndex.NONE), best);
    }

    /// Each value on its own, as conditions ask them.
    private static int byField(Field field, RequestHead head, OrdinalIndex.Visit visit, int best) {
        var headers = head.headers();
        int at = headers.indexOf(field.name, 0);
        if (at < 0) {
            return field.values.visit(head.get(field.name), visit, best);
        }
        for (; at >= 0; at = headers.indexOf(field.name, at + 1)) {
            best = field.values.visit(headers.value(at), visit, best);
        }
        return best;
    }

    private int byIdentity(String principal, OrdinalIndex.Visit visit, int best) {
        if (principal.isEmpty()) {
            return best;
        }
        if (byPrincipal) {
            best = principals.visit(principal, visit, best);
        }
        if (namespaces.isEmpty() && accounts.isEmpty()) {
            return best;
        }
        // Each place, since a principal may name several: what it means is the policies' business.
        for (int ns = principal.indexOf("/ns/"); ns >= 0; ns = principal.indexOf("/ns/", ns + 1)) {
            int end = principal.indexOf('/', ns + 4);
            if (end < 0) {
                break;
            }
            var namespace = principal.substring(ns + 4, end);
            best = visit.at(namespaces.getOrDefault(namespace, OrdinalIndex.NONE), best);
            best = byAccount(namespace, principal, end, visit, best);
        }
        return best;
    }

    private int byAccount(
            String namespace, String principal, int from, OrdinalIndex.Visit visit, int best) {
        if (accounts.isEmpty()) {
            return best;
        }
        for (int sa = principal.indexOf("/sa/", from);
                sa >= 0;
                sa = principal.indexOf("/sa/", sa + 1)) {
            int end = principal.indexOf('/', sa + 4);
            var name = principal.substring(sa + 4, end < 0 ? principal.length() : end);
            best = visit.at(accounts.getOrDefault(namespace + '/' + name, OrdinalIndex.NONE), best);
        }
        return best;
    }
}
