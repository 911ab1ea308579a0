package dev.ambit.waypoint.security;

import com.google.re2j.Pattern;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.match.HeaderMatch;
import dev.ambit.waypoint.match.TextMatch;
import dev.ambit.waypoint.security.PolicySlots.Key.How;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Chooses where policies are filed: under values of which a request must have one, or the policy
/// can't match. `All` needs each of its parts, so one is enough; `OneOf` needs one of its parts, so
/// each must be filed. Of several choices the one is taken whose values the fewest policies ask
/// for.
final class PolicySlots {
    /// As istiod writes a service account: `spiffe://.+/ns/<namespace>/(.+/|)sa/<account>(/.+)?`.
    private static final Pattern ACCOUNT =
            Pattern.compile(
                    "spiffe://\\.\\+/ns/([A-Za-z0-9_-]+)/\\(\\.\\+/\\|\\)sa/([A-Za-z0-9_-]+)\\(/\\.\\+\\)\\?");

    private static final Pattern NAMESPACE = Pattern.compile("/ns/([A-Za-z0-9_-]+)/");

    private final Map<Slot, Integer> crowd = new HashMap<>();

    /// Something that every text has which a condition holds for.
    ///
    /// @param text lower-case with `FOLDED`
    record Key(How how, String text) {
        enum How {
            EXACT,
            /// Equal but for the case of ASCII letters.
            FOLDED,
            /// Begins so, in any case.
            PREFIX,
            /// Ends so, in any case.
            SUFFIX
        }
    }

    /// One value that a request may have.
    sealed interface Slot {
        record Principal(Key key) implements Slot {}

        /// The principal has `/ns/<name>/` in it.
        record Namespace(String name) implements Slot {}

        /// The same, and after it `/sa/<name>` with nothing or a slash behind.
        record Account(String namespace, String name) implements Slot {}

        record Path(Key key) implements Slot {}

        record Field(String name, Key key) implements Slot {}

        record ServerName(Key key) implements Slot {}

        record Port(int port) implements Slot {}
    }

    PolicySlots(List<AccessPolicy> policies) {
        for (var policy : policies) {
            var mentioned = new HashSet<Slot>();
            mentioned(policy.permissions(), mentioned);
            mentioned(policy.principals(), mentioned);
            mentioned.forEach(slot -> crowd.merge(slot, 1, Integer::sum));
        }
    }

    /// Empty where it must be asked for every request; an empty set where it can never match.
    Optional<Set<Slot>> of(AccessPolicy policy) {
        return Optional.ofNullable(
                better(needed(policy.permissions()), needed(policy.principals())));
    }

    private @Nullable Set<Slot> needed(Condition condition) {
        return switch (condition) {
            case Condition.All(var parts) -> {
                Set<Slot> best = null;
                for (var part : parts) {
                    best = better(best, needed(part));
                }
                yield best;
            }
            case Condition.OneOf(var parts) -> {
                var all = new HashSet<Slot>();
                for (var part : parts) {
                    var slots = needed(part);
                    if (slots == null) {
                        yield null;
                    }
                    all.addAll(slots);
                }
                yield all;
            }
            default -> slots(condition);
        };
    }

    private @Nullable Set<Slot> better(@Nullable Set<Slot> a, @Nullable Set<Slot> b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return crowd(b) < crowd(a) ? b : a;
    }

    private int crowd(Set<Slot> slots) {
        int most = 0;
        for (var slot : slots) {
            most = Math.max(most, crowd.getOrDefault(slot, 0));
        }
        return most;
    }

    private static void mentioned(Condition condition, Set<Slot> into) {
        switch (condition) {
            case Condition.All(var parts) -> parts.forEach(part -> mentioned(part, into));
            case Condition.OneOf(var parts) -> parts.forEach(part -> mentioned(part, into));
            default -> {
                var slots = slots(condition);
                if (slots != null) {
                    into.addAll(slots);
                }
            }
        }
    }

    /// Null for a condition that no value of a request selects.
    private static @Nullable Set<Slot> slots(Condition condition) {
        return switch (condition) {
            case Condition.FilterState(var key, var match)
                    when key.equals(FilterStateView.PEER_PRINCIPAL) ->
                    principal(match);
            case Condition.Authenticated(var match) when match.isPresent() ->
                    principal(match.get());
            case Condition.Path(var match) -> each(keys(match), Slot.Path::new);
            case Condition.Template(var template) ->
                    Set.of(new Slot.Path(new Key(How.PREFIX, template.prefix())));
            case Condition.Header(var match) -> field(match);
            case Condition.ServerName(var match) -> each(keys(match), Slot.ServerName::new);
            case Condition.Port(var first, var end) when end == first + 1 ->
                    Set.of(new Slot.Port(first));
            default -> null;
        };
    }

    private static @Nullable Set<Slot> field(HeaderMatch match) {
        return match.test() instanceof HeaderMatch.Test.Text(var text)
                        && !match.invert()
                        && !match.missingAsEmpty()
                ? each(keys(text), key -> new Slot.Field(match.name(), key))
                : null;
    }

    private static @Nullable Set<Slot> principal(TextMatch match) {
        if (match instanceof TextMatch.PartLine(var part)) {
            var matcher = NAMESPACE.matcher(part);
            return matcher.matches() ? Set.of(new Slot.Namespace(matcher.group(1))) : null;
        }
        if (match instanceof TextMatch.Regex(var pattern, _)) {
            var matcher = ACCOUNT.matcher(pattern.pattern());
            if (matcher.matches()) {
                return Set.of(new Slot.Account(matcher.group(1), matcher.group(2)));
            }
        }
        return each(keys(match), Slot.Principal::new);
    }

    private static @Nullable Set<Slot> each(@Nullable Set<Key> keys, Function<Key, Slot> slot) {
        return keys == null ? null : keys.stream().map(slot).collect(Collectors.toSet());
    }

    /// Null where nothing is known of the texts that match.
    private static @Nullable Set<Key> keys(TextMatch match) {
        return switch (match) {
            case TextMatch.Exact(var text) -> Set.of(new Key(How.EXACT, text));
            case TextMatch.OneOf(var texts) ->
                    texts.stream().map(t -> new Key(How.EXACT, t)).collect(Collectors.toSet());
            case TextMatch.Folded(var kind, var text) ->
                    switch (kind) {
                        case EXACT -> Set.of(new Key(How.FOLDED, Ascii.lower(text)));
                        case PREFIX -> affix(How.PREFIX, text);
                        case SUFFIX -> affix(How.SUFFIX, text);
                        case CONTAINS -> null;
                    };
            case TextMatch.Suffix(var text) -> affix(How.SUFFIX, text);
            case TextMatch.SuffixLine(var text, _) -> affix(How.SUFFIX, text);
            case TextMatch.Contains _, TextMatch.PartLine _ -> null;
            case TextMatch.Prefix _, TextMatch.PrefixLine _, TextMatch.Regex _ ->
                    affix(How.PREFIX, match.prefix());
        };
    }

    private static @Nullable Set<Key> affix(How how, String text) {
        return text.isEmpty() ? null : Set.of(new Key(how, text));
    }
}
