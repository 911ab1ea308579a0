package dev.ambit.control.compile;

import java.util.Map;

final class Selectors {
    private Selectors() {}

    /// An empty selector matches all.
    static boolean matches(Map<String, String> selector, Map<String, String> labels) {
        return labels.entrySet().containsAll(selector.entrySet());
    }

    /// An empty selector matches nothing: the rule for services.
    static boolean selects(Map<String, String> selector, Map<String, String> labels) {
        return !selector.isEmpty() && matches(selector, labels);
    }
}
