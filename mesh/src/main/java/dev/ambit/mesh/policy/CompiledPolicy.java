package dev.ambit.mesh.policy;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.policy.Policy.Clause;
import dev.ambit.mesh.policy.Policy.Match;
import dev.ambit.mesh.policy.Policy.ServiceAccount;
import dev.ambit.mesh.policy.Policy.StringMatch;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A policy made ready for judging: exact values in hash sets, so the cost of a match does not grow
/// with the number of its values. Judging allocates nothing.
public final class CompiledPolicy {
    private final Policy policy;
    private final CompiledMatch[][][] rules;

    public static CompiledPolicy of(Policy policy) {
        return new CompiledPolicy(policy);
    }

    private CompiledPolicy(Policy policy) {
        this.policy = policy;
        this.rules = new CompiledMatch[policy.rules().size()][][];
        for (int r = 0; r < rules.length; r++) {
            var clauses = policy.rules().get(r).clauses();
            rules[r] = new CompiledMatch[clauses.size()][];
            for (int c = 0; c < clauses.size(); c++) {
                rules[r][c] = compile(clauses.get(c));
            }
        }
    }

    /// A clause without matches holds; one whose matches are all empty does not (section 3.2 of
    /// Istio's L4 semantics: an empty match is skipped, not satisfied).
    private static CompiledMatch[] compile(Clause clause) {
        return clause.matches().stream().map(CompiledMatch::new).toArray(CompiledMatch[]::new);
    }

    public Policy policy() {
        return policy;
    }

    boolean holds(int rule, ConnectionFacts facts, String principal) {
        return failingClause(rules[rule], facts, principal) < 0;
    }

    private static int failingClause(
            CompiledMatch[][] clauses, ConnectionFacts facts, String principal) {
        for (int c = 0; c < clauses.length; c++) {
            if (!holds(clauses[c], facts, principal)) {
                return c;
            }
        }
        return -1;
    }

    private static boolean holds(CompiledMatch[] matches, ConnectionFacts facts, String principal) {
        if (matches.length == 0) {
            return true;
        }
        for (var match : matches) {
            if (!match.empty && match.failing(facts, principal) == null) {
                return true;
            }
        }
        return false;
    }

    /// Names what a matching rule matched by: its fields, or `any` for a rule without clauses.
    String matchedField(int rule, ConnectionFacts facts, String principal) {
        var fields = new ArrayList<String>();
        for (var matches : rules[rule]) {
            for (var match : matches) {
                if (!match.empty && match.failing(facts, principal) == null) {
                    fields.addAll(match.fields());
                    break;
                }
            }
        }
        return fields.isEmpty() ? "any" : String.join(",", new java.util.LinkedHashSet<>(fields));
    }

    /// How far a rule got that does not match, and the field that stopped it.
    Miss miss(int rule, ConnectionFacts facts, String principal) {
        int clause = failingClause(rules[rule], facts, principal);
        if (clause < 0) {
            throw new IllegalArgumentException(
                    "rule "
                            + rule
                            + " of "
                            + policy.key()
                            + " (expected: one that does not match)");
        }
        return new Miss(clause, stopping(rules[rule][clause], facts, principal));
    }

    private static String stopping(
            CompiledMatch[] matches, ConnectionFacts facts, String principal) {
        for (var match : matches) {
            var field = match.empty ? "unsupported" : match.failing(facts, principal);
            if (field != null) {
                return field;
            }
        }
        return "any";
    }

    record Miss(int clausesHeld, String field) {}

    /// One match. A field that is not set does not restrict.
    private static final class CompiledMatch {
        private final Strings namespaces;
        private final Strings notNamespaces;
        private final Strings principals;
        private final Strings notPrincipals;
        private final List<Cidr> sourceIps;
        private final List<Cidr> notSourceIps;
        private final List<Cidr> destinationIps;
        private final List<Cidr> notDestinationIps;
        private final Set<Integer> ports;
        private final Set<Integer> notPorts;
        private final Set<ServiceAccount> accounts;
        private final Set<ServiceAccount> notAccounts;
        private final boolean empty;

        CompiledMatch(Match match) {
            namespaces = new Strings(match.namespaces());
            notNamespaces = new Strings(match.notNamespaces());
            principals = new Strings(match.principals());
            notPrincipals = new Strings(match.notPrincipals());
            sourceIps = match.sourceIps();
            notSourceIps = match.notSourceIps();
            destinationIps = match.destinationIps();
            notDestinationIps = match.notDestinationIps();
            ports = Set.copyOf(match.destinationPorts());
            notPorts = Set.copyOf(match.notDestinationPorts());
            accounts = Set.copyOf(match.serviceAccounts());
            notAccounts = Set.copyOf(match.notServiceAccounts());
            empty = match.isEmpty();
        }

        /// The first field that does not hold, or null when all do.
        @Nullable String failing(ConnectionFacts facts, String principal) {
            var peer = facts.peer();
            var namespace = peer.isPresent() ? peer.get().namespace() : "";
            boolean known = peer.isPresent();
            if (namespaces.isSet() && !namespaces.match(namespace)) {
                return "namespaces";
            }
            if (notNamespaces.isSet() && notNamespaces.match(namespace)) {
                return "not_namespaces";
            }
            if (principals.isSet() && !(known && principals.match(principal))) {
                return "principals";
            }
            if (notPrincipals.isSet() && known && notPrincipals.match(principal)) {
                return "not_principals";
            }
            if (!accounts.isEmpty() && !(known && isAmong(accounts, peer.get()))) {
                return "service_accounts";
            }
            if (!notAccounts.isEmpty() && known && isAmong(notAccounts, peer.get())) {
                return "not_service_accounts";
            }
            return failingAddress(facts);
        }

        private @Nullable String failingAddress(ConnectionFacts facts) {
            if (!sourceIps.isEmpty() && !within(sourceIps, facts.source())) {
                return "source_ips";
            }
            if (!notSourceIps.isEmpty() && within(notSourceIps, facts.source())) {
                return "not_source_ips";
            }
            if (!destinationIps.isEmpty() && !within(destinationIps, facts.destination())) {
                return "destination_ips";
            }
            if (!notDestinationIps.isEmpty() && within(notDestinationIps, facts.destination())) {
                return "not_destination_ips";
            }
            if (!ports.isEmpty() && !ports.contains(facts.port())) {
                return "destination_ports";
            }
            if (!notPorts.isEmpty() && notPorts.contains(facts.port())) {
                return "not_destination_ports";
            }
            return null;
        }

        private static boolean isAmong(Set<ServiceAccount> accounts, SpiffeId peer) {
            for (var account : accounts) {
                if (account.name().equals(peer.serviceAccount())
                        && account.namespace().equals(peer.namespace())) {
                    return true;
                }
            }
            return false;
        }

        private static boolean within(List<Cidr> ranges, InetAddress address) {
            for (int i = 0; i < ranges.size(); i++) {
                if (ranges.get(i).contains(address)) {
                    return true;
                }
            }
            return false;
        }

        List<String> fields() {
            var set = new ArrayList<String>();
            add(set, "namespaces", namespaces.isSet());
            add(set, "not_namespaces", notNamespaces.isSet());
            add(set, "principals", principals.isSet());
            add(set, "not_principals", notPrincipals.isSet());
            add(set, "service_accounts", !accounts.isEmpty());
            add(set, "not_service_accounts", !notAccounts.isEmpty());
            add(set, "source_ips", !sourceIps.isEmpty());
            add(set, "not_source_ips", !notSourceIps.isEmpty());
            add(set, "destination_ips", !destinationIps.isEmpty());
            add(set, "not_destination_ips", !notDestinationIps.isEmpty());
            add(set, "destination_ports", !ports.isEmpty());
            add(set, "not_destination_ports", !notPorts.isEmpty());
            return set;
        }

        private static void add(List<String> to, String field, boolean set) {
            if (set) {
                to.add(field);
            }
        }
    }

    /// The values of one text field.
    private static final class Strings {
        private final Set<String> exact = new HashSet<>();
        private final List<String> prefixes = new ArrayList<>();
        private final List<String> suffixes = new ArrayList<>();
        private final boolean presence;
        private final boolean set;

        Strings(List<StringMatch> values) {
            boolean present = false;
            for (var value : values) {
                switch (value) {
                    case StringMatch.Exact(var text) -> exact.add(text);
                    case StringMatch.Prefix(var text) -> prefixes.add(text);
                    case StringMatch.Suffix(var text) -> suffixes.add(text);
                    case StringMatch.Presence() -> present = true;
                }
            }
            presence = present;
            set = !values.isEmpty();
        }

        boolean isSet() {
            return set;
        }

        boolean match(String text) {
            if ((presence && !text.isEmpty()) || exact.contains(text)) {
                return true;
            }
            for (int i = 0; i < prefixes.size(); i++) {
                if (text.startsWith(prefixes.get(i))) {
                    return true;
                }
            }
            for (int i = 0; i < suffixes.size(); i++) {
                if (text.endsWith(suffixes.get(i))) {
                    return true;
                }
            }
            return false;
        }
    }
}
