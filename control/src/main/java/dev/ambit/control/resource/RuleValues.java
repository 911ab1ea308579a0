package dev.ambit.control.resource;

import dev.ambit.control.resource.AuthorizationPolicy.OperationField;
import dev.ambit.control.resource.AuthorizationPolicy.Rule;
import dev.ambit.control.resource.AuthorizationPolicy.SourceField;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// What values of an AuthorizationPolicy may look like, beyond their type. As istiod's own
/// validation.
final class RuleValues {
    private static final String ONE_SEGMENT = "{*}";
    private static final String THE_REST = "{**}";

    /// Characters of RFC 3986 in a path segment.
    private static final String LITERAL = "[a-zA-Z0-9-._~%!$&'()+,;:@=]+";

    /// An outside decision is taken before tokens are read, and from what a proxy would otherwise
    /// prove: istiod refuses these, so that nobody relies on them.
    private static final Set<SourceField> NOT_FOR_CUSTOM =
            EnumSet.complementOf(
                    EnumSet.of(
                            SourceField.IP_BLOCKS,
                            SourceField.NOT_IP_BLOCKS,
                            SourceField.REMOTE_IP_BLOCKS,
                            SourceField.NOT_REMOTE_IP_BLOCKS));

    private RuleValues() {}

    static void requirePaths(Fields operation, OperationField field, List<String> values) {
        for (var value : values) {
            var wrong = path(value);
            if (!wrong.isEmpty()) {
                throw operation.bad(field.yaml, "'" + value + "': " + wrong);
            }
        }
    }

    /// What is wrong with a path, empty when nothing is.
    private static String path(String value) {
        boolean template = value.contains(ONE_SEGMENT) || value.contains(THE_REST);
        boolean rest = false;
        for (var segment : trimmed(value).split("/", -1)) {
            boolean operator = segment.equals(ONE_SEGMENT) || segment.equals(THE_REST);
            if (operator && rest) {
                return "nothing can be matched after {**} (expected: {**} as the last operator)";
            }
            if (operator) {
                rest = segment.equals(THE_REST);
            } else if (segment.contains("{") || segment.contains("}")) {
                return "braces (expected: {*} or {**} as a whole segment, or none)";
            } else if (template && !segment.matches(LITERAL)) {
                return "segment '" + segment + "' (expected: characters that a path may have)";
            }
        }
        return "";
    }

    private static String trimmed(String path) {
        int start = 0;
        int end = path.length();
        while (start < end && path.charAt(start) == '/') {
            start++;
        }
        while (end > start && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(start, end);
    }

    /// @param slash whether a `/` would be a mistake
    static void requireTrustDomains(
            Fields fields, String name, List<String> values, boolean slash) {
        for (var value : values) {
            long stars = value.chars().filter(c -> c == '*').count();
            boolean placed = stars == 0 || value.startsWith("*") || value.endsWith("*");
            if (stars > 1 || !placed || (slash && value.contains("/"))) {
                throw fields.bad(
                        name,
                        "'"
                                + value
                                + "' (expected: a trust domain, with at most one * at its start or"
                                + " end)");
            }
        }
    }

    /// `name[key]`.
    static boolean isMapKey(String key) {
        int open = key.indexOf('[');
        return key.endsWith("]") && open > 0 && open < key.length() - 2;
    }

    /// @throws BadInput for a rule that an outside decision can't be asked by
    static void requireCustom(Fields spec, List<Rule> rules) {
        if (rules.isEmpty()) {
            throw spec.bad(
                    "rules",
                    "missing (expected: rules; {} is for every request, and a CUSTOM without never"
                            + " asks)");
        }
        for (var rule : rules) {
            for (var source : rule.from()) {
                for (var field : source.keySet()) {
                    if (NOT_FOR_CUSTOM.contains(field)) {
                        throw unsupported(spec, field.yaml);
                    }
                }
            }
            for (var condition : rule.when()) {
                if (notForCustom(condition.key())) {
                    throw unsupported(spec, condition.key());
                }
            }
        }
    }

    private static boolean notForCustom(String key) {
        return switch (key) {
            case "source.namespace",
                    "source.serviceAccount",
                    "source.trustDomain",
                    "source.principal" ->
                    true;
            default -> key.startsWith("request.auth.");
        };
    }

    private static BadInput unsupported(Fields spec, String name) {
        return spec.bad(
                "rules",
                "'" + name + "' (expected: with action CUSTOM only addresses and operations)");
    }
}
