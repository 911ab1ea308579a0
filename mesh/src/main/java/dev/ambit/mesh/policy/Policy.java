package dev.ambit.mesh.policy;

import dev.ambit.mesh.model.Cidr;
import java.util.List;

/// An L4 authorization policy: `istio.security.Authorization`.
///
/// Rules are ORed, clauses of a rule ANDed, matches of a clause ORed, fields of a match ANDed,
/// values of a field ORed; of a negated field, none may match.
public record Policy(
        String namespace,
        String name,
        Scope scope,
        Action action,
        List<Rule> rules,
        boolean dryRun) {

    public Policy {
        rules = List.copyOf(rules);
    }

    /// `namespace/name`, the resource name on the wire.
    public String key() {
        return namespace + "/" + name;
    }

    public enum Scope {
        GLOBAL,
        NAMESPACE,
        WORKLOAD_SELECTOR
    }

    public enum Action {
        ALLOW,
        DENY
    }

    public record Rule(List<Clause> clauses) {
        public Rule {
            clauses = List.copyOf(clauses);
        }
    }

    public record Clause(List<Match> matches) {
        public Clause {
            matches = List.copyOf(matches);
        }
    }

    public record Match(
            List<StringMatch> namespaces,
            List<StringMatch> notNamespaces,
            List<StringMatch> principals,
            List<StringMatch> notPrincipals,
            List<Cidr> sourceIps,
            List<Cidr> notSourceIps,
            List<Cidr> destinationIps,
            List<Cidr> notDestinationIps,
            List<Integer> destinationPorts,
            List<Integer> notDestinationPorts,
            List<ServiceAccount> serviceAccounts,
            List<ServiceAccount> notServiceAccounts) {
        public Match {
            namespaces = List.copyOf(namespaces);
            notNamespaces = List.copyOf(notNamespaces);
            principals = List.copyOf(principals);
            notPrincipals = List.copyOf(notPrincipals);
            sourceIps = List.copyOf(sourceIps);
            notSourceIps = List.copyOf(notSourceIps);
            destinationIps = List.copyOf(destinationIps);
            notDestinationIps = List.copyOf(notDestinationIps);
            destinationPorts = List.copyOf(destinationPorts);
            notDestinationPorts = List.copyOf(notDestinationPorts);
            serviceAccounts = List.copyOf(serviceAccounts);
            notServiceAccounts = List.copyOf(notServiceAccounts);
        }

        /// No field is set. Such a match is skipped, not satisfied.
        public boolean isEmpty() {
            return namespaces.isEmpty()
                    && notNamespaces.isEmpty()
                    && principals.isEmpty()
                    && notPrincipals.isEmpty()
                    && sourceIps.isEmpty()
                    && notSourceIps.isEmpty()
                    && destinationIps.isEmpty()
                    && notDestinationIps.isEmpty()
                    && destinationPorts.isEmpty()
                    && notDestinationPorts.isEmpty()
                    && serviceAccounts.isEmpty()
                    && notServiceAccounts.isEmpty();
        }
    }

    public record ServiceAccount(String namespace, String name) {}

    public sealed interface StringMatch {
        record Exact(String value) implements StringMatch {}

        record Prefix(String value) implements StringMatch {}

        record Suffix(String value) implements StringMatch {}

        /// Any value that is not empty.
        record Presence() implements StringMatch {}
    }
}
