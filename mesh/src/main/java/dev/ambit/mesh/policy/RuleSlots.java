package dev.ambit.mesh.policy;

import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.policy.Policy.Clause;
import dev.ambit.mesh.policy.Policy.Match;
import dev.ambit.mesh.policy.Policy.Rule;
import dev.ambit.mesh.policy.Policy.ServiceAccount;
import dev.ambit.mesh.policy.Policy.StringMatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/// Chooses where rules are filed: under values of which a connection must have one, or the rule
/// can't match. A rule needs all of its clauses, so one clause is enough; a clause needs one of its
/// matches, so each of these must be filed; a match needs all of its fields, so one field is
/// enough. Of these choices the one that fewest rules share is taken.
final class RuleSlots {
    /// Added to the crowd of a value that nearly every connection has.
    private static final int COMMON = 1 << 20;

    private final Map<Slot, Integer> crowd = new HashMap<>();

    /// One value that a connection may have.
    sealed interface Slot {
        record Principal(StringMatch match) implements Slot {}

        record Namespace(StringMatch match) implements Slot {}

        record Account(ServiceAccount account) implements Slot {}

        record Source(Cidr range) implements Slot {}

        record Destination(Cidr range) implements Slot {}

        record Port(int port) implements Slot {}

        /// A peer without an identity.
        record Nobody() implements Slot {}
    }

    RuleSlots(List<Rule> rules) {
        for (var rule : rules) {
            var own = new HashSet<Slot>();
            for (var clause : rule.clauses()) {
                for (var match : clause.matches()) {
                    fields(match).forEach(own::addAll);
                }
            }
            own.forEach(slot -> crowd.merge(slot, 1, Integer::sum));
        }
    }

    /// Empty where it must be asked for every connection; an empty set where it can never match.
    Optional<Set<Slot>> of(Rule rule) {
        Optional<Set<Slot>> best = Optional.empty();
        for (var clause : rule.clauses()) {
            var slots = of(clause);
            if (slots.isPresent() && (best.isEmpty() || crowd(slots.get()) < crowd(best.get()))) {
                best = slots;
            }
        }
        return best;
    }

    private Optional<Set<Slot>> of(Clause clause) {
        if (clause.matches().isEmpty()) {
            return Optional.empty();
        }
        var all = new HashSet<Slot>();
        for (var match : clause.matches()) {
            if (match.isEmpty()) {
                continue; // Never holds.
            }
            List<Slot> least = List.of();
            for (var field : fields(match)) {
                if (least.isEmpty() || crowd(field) < crowd(least)) {
                    least = field;
                }
            }
            if (least.isEmpty()) {
                return Optional.empty();
            }
            all.addAll(least);
        }
        return Optional.of(all);
    }

    private int crowd(Iterable<Slot> slots) {
        int most = 0;
        for (var slot : slots) {
            most = Math.max(most, crowd.getOrDefault(slot, 0) + (isCommon(slot) ? COMMON : 0));
        }
        return most;
    }

    private static boolean isCommon(Slot slot) {
        return switch (slot) {
            case Slot.Principal(var match) -> isCommon(match);
            case Slot.Namespace(var match) -> isCommon(match);
            case Slot.Source(var range) -> range.prefixLength() == 0;
            case Slot.Destination(var range) -> range.prefixLength() == 0;
            case Slot.Account _, Slot.Port _, Slot.Nobody _ -> false;
        };
    }

    private static boolean isCommon(StringMatch match) {
        return switch (match) {
            case StringMatch.Exact _ -> false;
            case StringMatch.Prefix(var text) -> text.isEmpty();
            case StringMatch.Suffix(var text) -> text.isEmpty();
            case StringMatch.Presence _ -> true;
        };
    }

    /// For each field that restricts to listed values: the values.
    private static List<List<Slot>> fields(Match m) {
        var all = new ArrayList<List<Slot>>();
        Consumer<List<Slot>> add =
                slots -> {
                    if (!slots.isEmpty()) {
                        all.add(slots);
                    }
                };
        add.accept(each(m.principals(), Slot.Principal::new));
        add.accept(each(m.serviceAccounts(), Slot.Account::new));
        add.accept(each(m.namespaces(), Slot.Namespace::new));
        add.accept(each(m.sourceIps(), Slot.Source::new));
        add.accept(each(m.destinationPorts(), Slot.Port::new));
        add.accept(each(m.destinationIps(), Slot.Destination::new));
        if (m.notPrincipals().contains(new StringMatch.Presence())) {
            add.accept(List.of(new Slot.Nobody()));
        }
        return all;
    }

    private static <T> List<Slot> each(List<T> values, Function<T, Slot> slot) {
        return values.stream().map(slot).toList();
    }
}
