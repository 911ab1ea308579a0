package dev.ambit.control.l7.route;

import dev.ambit.control.resource.route.RouteParts.HeaderChange;
import dev.ambit.control.resource.route.RouteParts.HeaderChanges;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Changes of headers as Envoy has them.
final class HeaderRenderer {
    private HeaderRenderer() {}

    /// @param authority of the request; empty: not changed
    record Changes(
            List<HeaderValueOption> requestSet,
            List<String> requestRemove,
            List<HeaderValueOption> responseSet,
            List<String> responseRemove,
            String authority) {}

    static Changes of(HeaderChanges changes) {
        return new Changes(
                options(changes.request()),
                removed(changes.request()),
                options(changes.response()),
                removed(changes.response()),
                authority(changes.request().set())
                        .or(() -> authority(changes.request().add()))
                        .orElse(""));
    }

    private static List<HeaderValueOption> options(HeaderChange change) {
        var options = new ArrayList<HeaderValueOption>();
        change.set()
                .forEach((name, value) -> {
                    if (!isInternal(name)) {
                        options.add(
                                option(name, value, HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD));
                    }
                });
        change.add()
                .forEach((name, value) -> {
                    if (!isInternal(name)) {
                        options.add(
                                option(name, value, HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD));
                    }
                });
        return options;
    }

    private static HeaderValueOption option(String name, String value, HeaderAppendAction action) {
        return HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey(name).setValue(value))
                .setAppendAction(action)
                .build();
    }

    private static List<String> removed(HeaderChange change) {
        return change.remove().stream().filter(name -> !isInternal(name)).toList();
    }

    private static Optional<String> authority(Map<String, String> values) {
        return values.entrySet().stream()
                .filter(e ->
                        e.getKey().equalsIgnoreCase(":authority")
                                || e.getKey().equalsIgnoreCase("host"))
                .map(Map.Entry::getValue)
                .filter(v -> !v.isEmpty())
                .reduce((first, last) -> last);
    }

    private static boolean isInternal(String name) {
        return name.startsWith(":") || name.equalsIgnoreCase("host");
    }
}
