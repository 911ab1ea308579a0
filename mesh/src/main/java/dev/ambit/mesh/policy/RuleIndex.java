package dev.ambit.mesh.policy;

import dev.ambit.mesh.policy.Policy.Rule;
import dev.ambit.mesh.policy.Policy.ServiceAccount;
import dev.ambit.mesh.policy.RuleSlots.Slot;
import dev.ambit.mesh.policy.Verdict.MatchedRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The rules of several policies in order, found by the values that they ask for. So a check costs
/// what the rules cost that share a value with the connection; the others are not looked at. Its
/// answers are those of asking every rule in turn.
final class RuleIndex {
    static final int[] NONE = {};

    /// As few are asked in turn: that is faster than looking them up.
    private static final int FEW = 4;

    /// How many rules are looked at to say which one was nearest to a match, for the log.
    private static final int NEAREST_RULES = 32;

    private final List<CompiledPolicy> policies;

    /// By ordinal: the rule's policy, and its index in that policy.
    private final int[] policyOf;

    private final int[] ruleOf;
    private int[] always = NONE;
    private int[] nobody = NONE;
    private final TextIndex principals = new TextIndex();
    private final TextIndex namespaces = new TextIndex();
    private final AddressTrie sources = new AddressTrie();
    private final AddressTrie destinations = new AddressTrie();
    private final Map<ServiceAccount, int[]> accounts = new HashMap<>();
    private final Map<Integer, int[]> ports = new HashMap<>();

    /// Takes candidates in ascending order, and the best answer so far.
    interface Visit {
        int at(int[] ordinals, int best);
    }

    RuleIndex(List<CompiledPolicy> policies) {
        this.policies = List.copyOf(policies);
        var rules = new ArrayList<Rule>();
        policies.forEach(policy -> rules.addAll(policy.policy().rules()));
        policyOf = new int[rules.size()];
        ruleOf = new int[rules.size()];
        int ordinal = 0;
        for (int p = 0; p < policies.size(); p++) {
            for (int r = 0; r < policies.get(p).policy().rules().size(); r++) {
                policyOf[ordinal] = p;
                ruleOf[ordinal++] = r;
            }
        }
        if (rules.size() > FEW) {
            file(rules);
        }
    }

    private void file(List<Rule> rules) {
        var slots = new RuleSlots(rules);
        var filed = new HashMap<Slot, List<Integer>>();
        var everywhere = new ArrayList<Integer>();
        for (int ordinal = 0; ordinal < rules.size(); ordinal++) {
            int rule = ordinal;
            slots.of(rules.get(ordinal))
                    .ifPresentOrElse(
                            all ->
                                    all.forEach(slot ->
                                            filed.computeIfAbsent(slot, _ -> new ArrayList<>())
                                                    .add(rule)),
                            () -> everywhere.add(rule));
        }
        always = ints(everywhere);
        filed.forEach((slot, ordinals) -> put(slot, ints(ordinals)));
    }

    private void put(Slot slot, int[] ordinals) {
        switch (slot) {
            case Slot.Principal(var match) -> principals.put(match, ordinals);
            case Slot.Namespace(var match) -> namespaces.put(match, ordinals);
            case Slot.Account(var account) -> accounts.put(account, ordinals);
            case Slot.Source(var range) -> sources.put(range, ordinals);
            case Slot.Destination(var range) -> destinations.put(range, ordinals);
            case Slot.Port(var port) -> ports.put(port, ordinals);
            case Slot.Nobody() -> nobody = ordinals;
        }
    }

    private static int[] ints(List<Integer> ordinals) {
        return ordinals.stream().mapToInt(Integer::intValue).toArray();
    }

    /// Both ascending; so is the result.
    static int[] merged(int[] a, int[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return Arrays.stream(all).sorted().distinct().toArray();
    }

    /// Whether there is no policy, which is not the same as no rule.
    boolean isEmpty() {
        return policies.isEmpty();
    }

    /// The first rule that matches.
    Optional<MatchedRule> firstMatch(ConnectionFacts facts, String principal) {
        if (ruleOf.length == 0) {
            return Optional.empty();
        }
        int found = first(facts, principal);
        return found == Integer.MAX_VALUE
                ? Optional.empty()
                : Optional.of(matched(found, facts, principal));
    }

    private int first(ConnectionFacts facts, String principal) {
        if (ruleOf.length <= FEW) {
            for (int ordinal = 0; ordinal < ruleOf.length; ordinal++) {
                if (holds(ordinal, facts, principal)) {
                    return ordinal;
                }
            }
            return Integer.MAX_VALUE;
        }
        return candidates(
                facts,
                principal,
                (ordinals, best) -> {
                    for (int ordinal : ordinals) {
                        if (ordinal >= best) {
                            return best;
                        }
                        if (holds(ordinal, facts, principal)) {
                            return ordinal;
                        }
                    }
                    return best;
                },
                Integer.MAX_VALUE);
    }

    /// Every policy that matches, with its first rule that does, in order.
    List<MatchedRule> matches(ConnectionFacts facts, String principal) {
        var found = new ArrayList<MatchedRule>();
        int last = -1;
        for (int ordinal : candidates(facts, principal)) {
            if (policyOf[ordinal] != last && holds(ordinal, facts, principal)) {
                last = policyOf[ordinal];
                found.add(matched(ordinal, facts, principal));
            }
        }
        return found;
    }

    /// The rule that got furthest: of those that share a value with the connection, then of the
    /// first ones, `NEAREST_RULES` at most. None of them matches.
    Optional<NearMiss> nearest(ConnectionFacts facts, String principal) {
        NearMiss best = null;
        var candidates = candidates(facts, principal);
        int looked = 0;
        for (int i = 0; i < candidates.length + ruleOf.length && looked < NEAREST_RULES; i++) {
            boolean candidate = i < candidates.length;
            int ordinal = candidate ? candidates[i] : i - candidates.length;
            if (!candidate && Arrays.binarySearch(candidates, ordinal) >= 0) {
                continue;
            }
            looked++;
            var policy = policies.get(policyOf[ordinal]);
            var miss = policy.miss(ruleOf[ordinal], facts, principal);
            boolean further =
                    best == null
                            || miss.clausesHeld() > best.clausesHeld
                            || (miss.clausesHeld() == best.clausesHeld && ordinal < best.ordinal);
            if (further) {
                best =
                        new NearMiss(
                                ordinal,
                                miss.clausesHeld(),
                                new MatchedRule(
                                        policy.policy().key(), ruleOf[ordinal], miss.field()));
            }
        }
        return Optional.ofNullable(best);
    }

    record NearMiss(int ordinal, int clausesHeld, MatchedRule rule) {}

    private int[] candidates(ConnectionFacts facts, String principal) {
        if (ruleOf.length <= FEW) {
            return java.util.stream.IntStream.range(0, ruleOf.length).toArray();
        }
        var all = new ArrayList<int[]>();
        candidates(
                facts,
                principal,
                (ordinals, best) -> {
                    all.add(ordinals);
                    return best;
                },
                Integer.MAX_VALUE);
        return all.stream().flatMapToInt(Arrays::stream).sorted().distinct().toArray();
    }

    private int candidates(ConnectionFacts facts, String principal, Visit visit, int best) {
        best = visit.at(always, best);
        var peer = facts.peer();
        if (peer.isPresent()) {
            best = principals.visit(principal, visit, best);
            best = namespaces.visit(peer.get().namespace(), visit, best);
            if (!accounts.isEmpty()) {
                var account =
                        new ServiceAccount(peer.get().namespace(), peer.get().serviceAccount());
                best = visit.at(accounts.getOrDefault(account, NONE), best);
            }
        } else {
            best = visit.at(nobody, best);
            best = namespaces.visit("", visit, best);
        }
        best = sources.visit(facts.source(), visit, best);
        best = destinations.visit(facts.destination(), visit, best);
        return ports.isEmpty() ? best : visit.at(ports.getOrDefault(facts.port(), NONE), best);
    }

    private boolean holds(int ordinal, ConnectionFacts facts, String principal) {
        return policies.get(policyOf[ordinal]).holds(ruleOf[ordinal], facts, principal);
    }

    private MatchedRule matched(int ordinal, ConnectionFacts facts, String principal) {
        var policy = policies.get(policyOf[ordinal]);
        int rule = ruleOf[ordinal];
        return new MatchedRule(
                policy.policy().key(), rule, policy.matchedField(rule, facts, principal));
    }
}
