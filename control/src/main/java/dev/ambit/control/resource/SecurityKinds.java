package dev.ambit.control.resource;

import dev.ambit.control.resource.AuthorizationPolicy.Action;
import dev.ambit.control.resource.AuthorizationPolicy.Condition;
import dev.ambit.control.resource.AuthorizationPolicy.OperationField;
import dev.ambit.control.resource.AuthorizationPolicy.Rule;
import dev.ambit.control.resource.AuthorizationPolicy.SourceField;
import dev.ambit.control.resource.PeerAuthentication.Mode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// `security.istio.io`: what is not known or can't be parsed is an error, because dropping it would
/// open a policy.
final class SecurityKinds {
    private static final int PORT_MAX = 65_535;

    private static final int ACCOUNTS_MAX = 16;
    private static final int ACCOUNT_CHARS_MAX = 320;
    private static final Set<SourceField> NAMED_OTHERWISE =
            EnumSet.of(
                    SourceField.PRINCIPALS,
                    SourceField.NOT_PRINCIPALS,
                    SourceField.NAMESPACES,
                    SourceField.NOT_NAMESPACES);

    private SecurityKinds() {}

    static PeerAuthentication peerAuthentication(Fields top, Meta meta) {
        var spec = top.child("spec");
        if (spec.isEmpty()) {
            return new PeerAuthentication(
                    meta, Optional.empty(), Mode.UNSET, new TreeMap<>(), false);
        }
        var selector = PolicyScopes.selector(spec.get());
        var mode = spec.get().child("mtls").map(SecurityKinds::mode).orElse(Mode.UNSET);
        var ports = new TreeMap<Integer, Mode>();
        var levels = spec.get().child("portLevelMtls");
        if (levels.isPresent()) {
            for (var name : levels.get().names()) {
                ports.put(port(levels.get(), name, name, 1), portMode(levels.get(), name));
            }
        }
        if (!ports.isEmpty() && selector.isEmpty()) {
            throw spec.get()
                    .bad("portLevelMtls", "set without selector (expected: a selector with it)");
        }
        spec.get().noOthers();
        return new PeerAuthentication(meta, selector, mode, ports, false);
    }

    private static Mode portMode(Fields levels, String port) {
        return levels.child(port).map(SecurityKinds::mode).orElse(Mode.UNSET);
    }

    private static Mode mode(Fields mtls) {
        var mode = mtls.choice("mode", Mode.class, Mode.UNSET);
        mtls.noOthers();
        return mode;
    }

    static AuthorizationPolicy authorizationPolicy(Fields top, Meta meta) {
        var spec = top.child("spec");
        if (spec.isEmpty()) {
            return new AuthorizationPolicy(
                    meta, Optional.empty(), List.of(), Action.ALLOW, List.of(), "", false);
        }
        var fields = spec.get();
        var selector = PolicyScopes.selector(fields);
        var targets = PolicyScopes.targets(fields);
        var action = fields.choice("action", Action.class, Action.ALLOW);
        var rules = new ArrayList<Rule>();
        fields.children("rules").forEach(r -> rules.add(rule(r)));
        var provider =
                fields.child("provider")
                        .map(p -> {
                            var name = p.required("name");
                            p.noOthers();
                            return name;
                        })
                        .orElse("");
        fields.noOthers();
        if (selector.isPresent() && !targets.isEmpty()) {
            throw fields.bad("selector", "set with targetRefs (expected: one of the two)");
        }
        if (action == Action.CUSTOM && provider.isEmpty()) {
            throw fields.bad("provider", "missing (expected: a provider for action CUSTOM)");
        }
        if (action != Action.CUSTOM && !provider.isEmpty()) {
            throw fields.bad("provider", "'" + provider + "' (expected: none for " + action + ")");
        }
        if (action == Action.CUSTOM) {
            RuleValues.requireCustom(fields, rules);
        }
        if (action == Action.DENY && rules.isEmpty()) {
            throw fields.bad("rules", "missing (expected: rules; a DENY without never matches)");
        }
        return new AuthorizationPolicy(meta, selector, targets, action, rules, provider, false);
    }

    private static Rule rule(Fields rule) {
        var from = new ArrayList<Map<SourceField, List<String>>>();
        requireSome(rule, "from");
        for (var entry : rule.children("from")) {
            from.add(source(required(entry, "source")));
            entry.noOthers();
        }
        var to = new ArrayList<Map<OperationField, List<String>>>();
        requireSome(rule, "to");
        for (var entry : rule.children("to")) {
            to.add(operation(required(entry, "operation")));
            entry.noOthers();
        }
        var when = new ArrayList<Condition>();
        for (var entry : rule.children("when")) {
            when.add(condition(entry));
        }
        rule.noOthers();
        return new Rule(from, to, when);
    }

    private static Map<SourceField, List<String>> source(Fields source) {
        var values = new EnumMap<SourceField, List<String>>(SourceField.class);
        for (var field : SourceField.values()) {
            var list = values(source, field.yaml);
            if (list.isEmpty()) {
                continue;
            }
            values.put(field, list);
            switch (field) {
                case IP_BLOCKS, NOT_IP_BLOCKS, REMOTE_IP_BLOCKS, NOT_REMOTE_IP_BLOCKS ->
                        list.forEach(v -> requireRange(source, field.yaml, v));
                case SERVICE_ACCOUNTS, NOT_SERVICE_ACCOUNTS ->
                        requireAccounts(source, field.yaml, list);
                case TRUST_DOMAINS, NOT_TRUST_DOMAINS ->
                        RuleValues.requireTrustDomains(source, field.yaml, list, true);
                case PRINCIPALS,
                        NOT_PRINCIPALS,
                        REQUEST_PRINCIPALS,
                        NOT_REQUEST_PRINCIPALS,
                        NAMESPACES,
                        NOT_NAMESPACES -> {}
            }
        }
        source.noOthers();
        boolean accounts =
                values.containsKey(SourceField.SERVICE_ACCOUNTS)
                        || values.containsKey(SourceField.NOT_SERVICE_ACCOUNTS);
        if (accounts && NAMED_OTHERWISE.stream().anyMatch(values::containsKey)) {
            throw source.bad(
                    "serviceAccounts",
                    "set with principals or namespaces (expected: one of the two)");
        }
        if (values.isEmpty()) {
            throw source.bad("", "empty (expected: at least one field of a source)");
        }
        return Map.copyOf(values);
    }

    private static Map<OperationField, List<String>> operation(Fields operation) {
        var values = new EnumMap<OperationField, List<String>>(OperationField.class);
        for (var field : OperationField.values()) {
            var list = values(operation, field.yaml);
            if (list.isEmpty()) {
                continue;
            }
            values.put(field, list);
            switch (field) {
                case PORTS, NOT_PORTS -> list.forEach(v -> port(operation, field.yaml, v, 0));
                case PATHS, NOT_PATHS -> RuleValues.requirePaths(operation, field, list);
                case HOSTS, NOT_HOSTS, METHODS, NOT_METHODS -> {}
            }
        }
        operation.noOthers();
        if (values.isEmpty()) {
            throw operation.bad("", "empty (expected: at least one field of an operation)");
        }
        return Map.copyOf(values);
    }

    private static Condition condition(Fields fields) {
        var key = fields.required("key");
        var condition = new Condition(key, values(fields, "values"), values(fields, "notValues"));
        fields.noOthers();
        if (condition.values().isEmpty() && condition.notValues().isEmpty()) {
            throw fields.bad("values", "missing (expected: values or notValues)");
        }
        for (var list : List.of("values", "notValues")) {
            for (var value : list.equals("values") ? condition.values() : condition.notValues()) {
                switch (key) {
                    case "source.ip", "destination.ip", "remote.ip" ->
                            requireRange(fields, list, value);
                    case "destination.port" -> port(fields, list, value, 0);
                    default -> {}
                }
            }
        }
        requireKnownCondition(fields, key);
        for (var list : List.of("values", "notValues")) {
            var given = list.equals("values") ? condition.values() : condition.notValues();
            switch (key) {
                case "source.serviceAccount" -> requireAccounts(fields, list, given);
                case "source.trustDomain" ->
                        RuleValues.requireTrustDomains(fields, list, given, false);
                default -> {}
            }
        }
        return condition;
    }

    private static void requireKnownCondition(Fields fields, String key) {
        boolean known =
                switch (key) {
                    case "source.ip",
                            "remote.ip",
                            "source.namespace",
                            "source.principal",
                            "source.serviceAccount",
                            "source.trustDomain",
                            "request.auth.principal",
                            "request.auth.audiences",
                            "request.auth.presenter",
                            "destination.ip",
                            "destination.port",
                            "connection.sni" ->
                            true;
                    default ->
                            RuleValues.isMapKey(key)
                                    && (key.startsWith("request.headers[")
                                            || key.startsWith("request.auth.claims[")
                                            || key.startsWith("experimental.envoy.filters."));
                };
        if (!known) {
            throw fields.bad(
                    "key",
                    "'"
                            + key
                            + "' (expected: one of connection.sni, destination.ip,"
                            + " destination.port, experimental..., remote.ip,"
                            + " request.auth.audiences, request.auth.claims[...],"
                            + " request.auth.presenter, request.auth.principal,"
                            + " request.headers[...], source.ip, source.namespace,"
                            + " source.principal, source.serviceAccount, source.trustDomain)");
        }
    }

    private static List<String> values(Fields fields, String name) {
        var values = fields.texts(name);
        if (values.contains("")) {
            throw fields.bad(name, "an empty text in the list (expected: none)");
        }
        return values;
    }

    private static Fields required(Fields fields, String name) {
        return fields.child(name)
                .orElseThrow(() -> fields.bad(name, "missing (expected: a mapping)"));
    }

    private static void requireRange(Fields fields, String name, String value) {
        if (Addresses.range(value).isEmpty()) {
            throw fields.bad(name, "'" + value + "' (expected: an IP address or a CIDR block)");
        }
    }

    private static void requireAccounts(Fields fields, String name, List<String> values) {
        if (values.size() > ACCOUNTS_MAX) {
            throw fields.bad(
                    name, values.size() + " values (expected: at most " + ACCOUNTS_MAX + ")");
        }
        for (var value : values) {
            int slash = value.indexOf('/');
            boolean shaped =
                    value.indexOf('*') < 0
                            && slash != 0
                            && slash == value.lastIndexOf('/')
                            && slash != value.length() - 1
                            && value.length() <= ACCOUNT_CHARS_MAX;
            if (!shaped) {
                throw fields.bad(
                        name,
                        "'" + value + "' (expected: a name or namespace/name, without wildcards)");
            }
        }
    }

    /// An empty list would match nothing or everything, depending on who reads it.
    private static void requireSome(Fields rule, String name) {
        if (rule.has(name) && rule.items(name).isEmpty()) {
            throw rule.bad(name, "empty (expected: at least one, or no " + name + ")");
        }
    }

    private static int port(Fields fields, String name, String value, int least) {
        try {
            int port = Integer.parseInt(value);
            if (port >= least && port <= PORT_MAX) {
                return port;
            }
        } catch (NumberFormatException notANumber) {
            // Falls through to the refusal.
        }
        throw fields.bad(
                name, "'" + value + "' (expected: a port from " + least + " to " + PORT_MAX + ")");
    }
}
