package dev.ambit.waypoint.security;

import java.util.List;

/// One policy: it matches where one of its permissions and one of its principals hold.
///
/// @param name istiod's: `ns[..]-policy[..]-rule[..]`
public record AccessPolicy(String name, Condition.OneOf permissions, Condition.OneOf principals) {

    public AccessPolicy(String name, List<Condition> permissions, List<Condition> principals) {
        this(name, new Condition.OneOf(permissions), new Condition.OneOf(principals));
    }

    boolean holds(Facts facts) {
        return permissions.holds(facts) && principals.holds(facts);
    }

    /// The field that decided: of a policy that matches, the one that says most; of one that does
    /// not, the first that failed.
    String decidingField(Facts facts) {
        if (!permissions.holds(facts)) {
            return failing(permissions, facts);
        }
        if (!principals.holds(facts)) {
            return failing(principals, facts);
        }
        var principal = matching(principals, facts);
        return principal.equals("any") ? matching(permissions, facts) : principal;
    }

    private static String failing(Condition condition, Facts facts) {
        return switch (condition) {
            case Condition.All(var parts) -> {
                for (var part : parts) {
                    if (!part.holds(facts)) {
                        yield failing(part, facts);
                    }
                }
                yield condition.field();
            }
            case Condition.OneOf(var parts) when parts.size() == 1 ->
                    failing(parts.getFirst(), facts);
            default -> condition.field();
        };
    }

    private static String matching(Condition condition, Facts facts) {
        return switch (condition) {
            case Condition.All(var parts) -> {
                for (var part : parts) {
                    var field = matching(part, facts);
                    if (!field.equals("any")) {
                        yield field;
                    }
                }
                yield "any";
            }
            case Condition.OneOf(var parts) -> {
                for (var part : parts) {
                    if (part.holds(facts)) {
                        yield matching(part, facts);
                    }
                }
                yield condition.field();
            }
            default -> condition.field();
        };
    }
}
