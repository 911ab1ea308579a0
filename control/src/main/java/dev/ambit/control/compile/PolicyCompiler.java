package dev.ambit.control.compile;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import dev.ambit.control.compile.MeshModel.CompiledPolicy;
import dev.ambit.control.resource.Addresses;
import dev.ambit.control.resource.AuthorizationPolicy;
import dev.ambit.control.resource.AuthorizationPolicy.Condition;
import dev.ambit.control.resource.AuthorizationPolicy.OperationField;
import dev.ambit.control.resource.AuthorizationPolicy.Rule;
import dev.ambit.control.resource.AuthorizationPolicy.SourceField;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Texts;
import dev.ambit.mesh.proto.security.Action;
import dev.ambit.mesh.proto.security.Address;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.security.Group;
import dev.ambit.mesh.proto.security.Match;
import dev.ambit.mesh.proto.security.Rules;
import dev.ambit.mesh.proto.security.Scope;
import dev.ambit.mesh.proto.security.ServiceAccountMatch;
import dev.ambit.mesh.proto.security.StringMatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// AuthorizationPolicy to what a ztunnel enforces. As istiod: what needs HTTP is taken out, which
/// makes an ALLOW narrower (the rule is left out) and a DENY wider (the attribute is left out).
final class PolicyCompiler {
    private final String rootNamespace;
    private final boolean dryRun;
    private final boolean failClosed;

    PolicyCompiler(Surroundings surroundings) {
        this.rootNamespace = surroundings.mesh().rootNamespace();
        this.dryRun = surroundings.settings().dryRun();
        this.failClosed = surroundings.settings().failClosed();
    }

    /// Empty for what is not for ztunnels: policies for waypoints, CUSTOM, AUDIT, dry runs.
    Optional<CompiledPolicy> compile(AuthorizationPolicy policy) {
        boolean rehearsal = Texts.isTrue(policy.meta().annotation(Names.DRY_RUN));
        var action = action(policy);
        if (!policy.targets().isEmpty() || action.isEmpty() || (rehearsal && !dryRun)) {
            return Optional.empty();
        }
        var wire =
                Authorization.newBuilder()
                        .setName(policy.meta().name())
                        .setNamespace(policy.meta().namespace())
                        .setScope(scope(policy))
                        .setAction(action.get())
                        .setDryRun(rehearsal);
        for (var rule : policy.rules()) {
            if (action.get() == Action.DENY || !needsHttp(rule)) {
                wire.addGroups(group(rule, policy.meta().namespace()));
            }
        }
        // istiod attaches a policy with an empty selector to nothing.
        var selector = policy.selector().filter(s -> failClosed || !s.isEmpty());
        return Optional.of(new CompiledPolicy(wire.build(), selector));
    }

    private static Optional<Action> action(AuthorizationPolicy policy) {
        return switch (policy.action()) {
            case ALLOW -> Optional.of(Action.ALLOW);
            case DENY -> Optional.of(Action.DENY);
            case AUDIT, CUSTOM -> Optional.empty();
        };
    }

    private Scope scope(AuthorizationPolicy policy) {
        if (policy.selector().isPresent()) {
            return Scope.WORKLOAD_SELECTOR;
        }
        return policy.meta().namespace().equals(rootNamespace) ? Scope.GLOBAL : Scope.NAMESPACE;
    }

    private static boolean needsHttp(Rule rule) {
        return !httpAttributes(rule).isEmpty();
    }

    /// By the names that they have in YAML.
    static Set<String> httpAttributes(Rule rule) {
        var found = new HashSet<String>();
        for (var source : rule.from()) {
            source.keySet().stream().filter(f -> http(f)).forEach(f -> found.add(f.yaml()));
        }
        for (var operation : rule.to()) {
            operation.keySet().stream().filter(f -> http(f)).forEach(f -> found.add(f.yaml()));
        }
        rule.when().stream().map(Condition::key).filter(k -> http(k)).forEach(found::add);
        return found;
    }

    /// Whether a ztunnel could ever find that it matches: a clause of nothing but empty matches
    /// never does.
    static boolean matchesSomething(Rule rule, String namespace) {
        return group(rule, namespace).getRulesList().stream()
                .allMatch(clause ->
                        clause.getMatchesList().stream()
                                .anyMatch(m -> !m.equals(Match.getDefaultInstance())));
    }

    /// Trust domains are neither: ztunnel can't compare them, and istiod does not say that they
    /// need HTTP, so they leave a match without fields, which never matches.
    private static boolean http(SourceField field) {
        return switch (field) {
            case REQUEST_PRINCIPALS,
                    NOT_REQUEST_PRINCIPALS,
                    REMOTE_IP_BLOCKS,
                    NOT_REMOTE_IP_BLOCKS ->
                    true;
            case PRINCIPALS,
                    NOT_PRINCIPALS,
                    NAMESPACES,
                    NOT_NAMESPACES,
                    SERVICE_ACCOUNTS,
                    NOT_SERVICE_ACCOUNTS,
                    TRUST_DOMAINS,
                    NOT_TRUST_DOMAINS,
                    IP_BLOCKS,
                    NOT_IP_BLOCKS ->
                    false;
        };
    }

    private static boolean http(OperationField field) {
        return switch (field) {
            case HOSTS, NOT_HOSTS, METHODS, NOT_METHODS, PATHS, NOT_PATHS -> true;
            case PORTS, NOT_PORTS -> false;
        };
    }

    private static boolean http(String condition) {
        return switch (condition) {
            case "source.ip",
                    "source.namespace",
                    "source.principal",
                    "destination.ip",
                    "destination.port" ->
                    false;
            default -> true;
        };
    }

    /// A rule's clauses in istiod's order: `to`, `from`, then one per condition.
    private static Group group(Rule rule, String namespace) {
        var group = Group.newBuilder();
        if (!rule.to().isEmpty()) {
            var clause = Rules.newBuilder();
            rule.to().forEach(o -> clause.addMatches(operation(o)));
            group.addRules(clause);
        }
        if (!rule.from().isEmpty()) {
            var clause = Rules.newBuilder();
            rule.from().forEach(s -> clause.addMatches(source(s, namespace)));
            group.addRules(clause);
        }
        for (var condition : rule.when()) {
            group.addRules(Rules.newBuilder().addMatches(condition(condition)));
        }
        return group.build();
    }

    private static Match operation(Map<OperationField, List<String>> fields) {
        return Match.newBuilder()
                .addAllDestinationPorts(ports(of(fields, OperationField.PORTS)))
                .addAllNotDestinationPorts(ports(of(fields, OperationField.NOT_PORTS)))
                .build();
    }

    private static Match source(Map<SourceField, List<String>> fields, String namespace) {
        return Match.newBuilder()
                .addAllSourceIps(ranges(of(fields, SourceField.IP_BLOCKS)))
                .addAllNotSourceIps(ranges(of(fields, SourceField.NOT_IP_BLOCKS)))
                .addAllNamespaces(texts(of(fields, SourceField.NAMESPACES)))
                .addAllNotNamespaces(texts(of(fields, SourceField.NOT_NAMESPACES)))
                .addAllPrincipals(texts(of(fields, SourceField.PRINCIPALS)))
                .addAllNotPrincipals(texts(of(fields, SourceField.NOT_PRINCIPALS)))
                .addAllServiceAccounts(
                        accounts(of(fields, SourceField.SERVICE_ACCOUNTS), namespace))
                .addAllNotServiceAccounts(
                        accounts(of(fields, SourceField.NOT_SERVICE_ACCOUNTS), namespace))
                .build();
    }

    private static Match condition(Condition condition) {
        var match = Match.newBuilder();
        var values = condition.values();
        var notValues = condition.notValues();
        switch (condition.key()) {
            case "source.ip" ->
                    match.addAllSourceIps(ranges(values)).addAllNotSourceIps(ranges(notValues));
            case "source.namespace" ->
                    match.addAllNamespaces(texts(values)).addAllNotNamespaces(texts(notValues));
            case "source.principal" ->
                    match.addAllPrincipals(texts(values)).addAllNotPrincipals(texts(notValues));
            case "destination.ip" ->
                    match.addAllDestinationIps(ranges(values))
                            .addAllNotDestinationIps(ranges(notValues));
            case "destination.port" ->
                    match.addAllDestinationPorts(ports(values))
                            .addAllNotDestinationPorts(ports(notValues));
            // As istiod: a clause of one match without fields.
            default -> {}
        }
        return match.build();
    }

    private static <K> List<String> of(Map<K, List<String>> fields, K field) {
        return fields.getOrDefault(field, List.of());
    }

    private static List<Integer> ports(List<String> values) {
        return values.stream().map(Integer::valueOf).toList();
    }

    private static List<StringMatch> texts(List<String> values) {
        var matches = new ArrayList<StringMatch>();
        for (var value : values) {
            var match = StringMatch.newBuilder();
            if (value.equals("*")) {
                match.setPresence(Empty.getDefaultInstance());
            } else if (value.startsWith("*")) {
                match.setSuffix(value.substring(1));
            } else if (value.endsWith("*")) {
                match.setPrefix(value.substring(0, value.length() - 1));
            } else {
                match.setExact(value);
            }
            matches.add(match.build());
        }
        return matches;
    }

    private static List<Address> ranges(List<String> values) {
        var ranges = new ArrayList<Address>();
        for (var value : values) {
            // Checked when it was read.
            var range = Addresses.range(value).orElseThrow();
            ranges.add(
                    Address.newBuilder()
                            .setAddress(ByteString.copyFrom(range.address().getAddress()))
                            .setLength(range.prefixLength())
                            .build());
        }
        return ranges;
    }

    private static List<ServiceAccountMatch> accounts(List<String> values, String namespace) {
        var matches = new ArrayList<ServiceAccountMatch>();
        for (var value : values) {
            int slash = value.indexOf('/');
            matches.add(
                    ServiceAccountMatch.newBuilder()
                            .setNamespace(slash < 0 ? namespace : value.substring(0, slash))
                            .setServiceAccount(value.substring(slash + 1))
                            .build());
        }
        return matches;
    }
}
