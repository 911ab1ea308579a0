package dev.ambit.control.l7.authz;

import dev.ambit.control.resource.AuthorizationPolicy.OperationField;
import dev.ambit.control.resource.AuthorizationPolicy.Rule;
import dev.ambit.control.resource.AuthorizationPolicy.SourceField;
import java.util.HashSet;
import java.util.Set;

/// Attributes that only requests have, by the names that they have in YAML. Fewer than for a
/// ztunnel: a waypoint knows the client's address and all of the peer's identity on connections
/// too.
final class HttpAttributes {
    private HttpAttributes() {}

    static Set<String> of(Rule rule) {
        var found = new HashSet<String>();
        for (var source : rule.from()) {
            source.keySet().stream().filter(f -> http(f)).forEach(f -> found.add(f.yaml()));
        }
        for (var operation : rule.to()) {
            operation.keySet().stream().filter(f -> http(f)).forEach(f -> found.add(f.yaml()));
        }
        for (var condition : rule.when()) {
            if (Attribute.of(condition.key(), "").needsHttp()) {
                found.add(condition.key());
            }
        }
        return found;
    }

    private static boolean http(SourceField field) {
        return field == SourceField.REQUEST_PRINCIPALS
                || field == SourceField.NOT_REQUEST_PRINCIPALS;
    }

    private static boolean http(OperationField field) {
        return field != OperationField.PORTS && field != OperationField.NOT_PORTS;
    }
}
