package dev.ambit.control.resource;

import java.util.List;
import java.util.Map;

/// Kubernetes' LabelSelector: all parts must match; without parts it matches everything.
public record LabelSelector(Map<String, String> labels, List<Expression> expressions) {
    public static final LabelSelector EVERYTHING = new LabelSelector(Map.of(), List.of());

    public LabelSelector {
        labels = Map.copyOf(labels);
        expressions = List.copyOf(expressions);
    }

    public enum Operator {
        IN,
        NOT_IN,
        EXISTS,
        DOES_NOT_EXIST
    }

    /// @param values empty for {@link Operator#EXISTS} and {@link Operator#DOES_NOT_EXIST}
    public record Expression(String key, Operator operator, List<String> values) {
        public Expression {
            values = List.copyOf(values);
        }

        boolean matches(Map<String, String> of) {
            boolean present = of.containsKey(key);
            return switch (operator) {
                case IN -> present && values.contains(of.get(key));
                case NOT_IN -> !present || !values.contains(of.get(key));
                case EXISTS -> present;
                case DOES_NOT_EXIST -> !present;
            };
        }
    }

    public boolean matches(Map<String, String> of) {
        return of.entrySet().containsAll(labels.entrySet())
                && expressions.stream().allMatch(e -> e.matches(of));
    }

    public static LabelSelector read(Fields selector) {
        var expressions =
                selector.children("matchExpressions").stream()
                        .map(e ->
                                new Expression(
                                        e.required("key"),
                                        e.choice(
                                                "operator",
                                                Operator.class,
                                                Operator.IN,
                                                LabelSelector::spelled),
                                        e.texts("values")))
                        .toList();
        return new LabelSelector(selector.map("matchLabels"), expressions);
    }

    private static String spelled(Operator operator) {
        return switch (operator) {
            case IN -> "In";
            case NOT_IN -> "NotIn";
            case EXISTS -> "Exists";
            case DOES_NOT_EXIST -> "DoesNotExist";
        };
    }
}
