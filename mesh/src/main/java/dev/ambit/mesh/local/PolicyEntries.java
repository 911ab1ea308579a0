package dev.ambit.mesh.local;

import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.Policy.StringMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Policies of the file: rules of clauses of matches.
final class PolicyEntries {
    private PolicyEntries() {}

    static Policy policy(Fields f) throws LocalMeshFault {
        var rules = new ArrayList<Policy.Rule>();
        for (var rule : f.list("rules")) {
            var clauses = new ArrayList<Policy.Clause>();
            for (var clause : Fields.list(f.where("rules"), rule)) {
                var matches = new ArrayList<Policy.Match>();
                for (var match : Fields.list(f.where("rules"), clause)) {
                    matches.add(match(Fields.of(f.where("rules"), match)));
                }
                clauses.add(new Policy.Clause(matches));
            }
            rules.add(new Policy.Rule(clauses));
        }
        var policy =
                new Policy(
                        f.required("namespace"),
                        f.required("name"),
                        f.word(
                                "scope",
                                Policy.Scope.GLOBAL,
                                Map.of(
                                        "Global", Policy.Scope.GLOBAL,
                                        "Namespace", Policy.Scope.NAMESPACE,
                                        "WorkloadSelector", Policy.Scope.WORKLOAD_SELECTOR)),
                        action(f),
                        rules,
                        f.flag("dryRun"));
        f.end();
        return policy;
    }

    /// Without one, nobody knows what was meant.
    private static Policy.Action action(Fields f) throws LocalMeshFault {
        return switch (f.required("action")) {
            case "Allow" -> Policy.Action.ALLOW;
            case "Deny" -> Policy.Action.DENY;
            case String other ->
                    throw new LocalMeshFault(f.where("action"), other, "Allow or Deny");
        };
    }

    private static Policy.Match match(Fields f) throws LocalMeshFault {
        var match =
                new Policy.Match(
                        strings(f, "namespaces"),
                        strings(f, "notNamespaces"),
                        strings(f, "principals"),
                        strings(f, "notPrincipals"),
                        ranges(f, "sourceIps"),
                        ranges(f, "notSourceIps"),
                        ranges(f, "destinationIps"),
                        ranges(f, "notDestinationIps"),
                        ports(f, "destinationPorts"),
                        ports(f, "notDestinationPorts"),
                        accounts(f, "serviceAccounts"),
                        accounts(f, "notServiceAccounts"));
        f.end();
        return match;
    }

    private static List<StringMatch> strings(Fields f, String key) throws LocalMeshFault {
        var all = new ArrayList<StringMatch>();
        for (var element : f.list(key)) {
            all.add(string(f.where(key), element));
        }
        return all;
    }

    private static StringMatch string(String where, @Nullable Object element)
            throws LocalMeshFault {
        if (element instanceof Map<?, ?> map && map.size() == 1) {
            var entry = map.entrySet().iterator().next();
            var value = String.valueOf(entry.getValue());
            switch (String.valueOf(entry.getKey())) {
                case "Exact":
                    return new StringMatch.Exact(value);
                case "Prefix":
                    return new StringMatch.Prefix(value);
                case "Suffix":
                    return new StringMatch.Suffix(value);
                case "Presence":
                    return new StringMatch.Presence();
                default:
                    break;
            }
        }
        throw new LocalMeshFault(
                where,
                String.valueOf(element),
                "{Exact: x}, {Prefix: x}, {Suffix: x} or {Presence: []}");
    }

    private static List<Cidr> ranges(Fields f, String key) throws LocalMeshFault {
        var all = new ArrayList<Cidr>();
        for (var text : f.texts(key)) {
            all.add(Fields.cidr(f.where(key), text));
        }
        return all;
    }

    private static List<Integer> ports(Fields f, String key) throws LocalMeshFault {
        var all = new ArrayList<Integer>();
        for (var port : f.list(key)) {
            all.add(Fields.number(f.where(key), port, 65_535));
        }
        return all;
    }

    private static List<Policy.ServiceAccount> accounts(Fields f, String key)
            throws LocalMeshFault {
        var all = new ArrayList<Policy.ServiceAccount>();
        for (var account : f.objects(key)) {
            all.add(
                    new Policy.ServiceAccount(
                            account.text("namespace", ""), account.required("serviceAccount")));
            account.end();
        }
        return all;
    }
}
