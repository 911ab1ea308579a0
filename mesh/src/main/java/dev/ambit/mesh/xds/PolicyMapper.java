package dev.ambit.mesh.xds;

import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.Policy.StringMatch;
import dev.ambit.mesh.proto.security.Address;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.security.ServiceAccountMatch;
import dev.ambit.mesh.store.Change;
import java.util.ArrayList;
import java.util.List;

/// `istio.security.Authorization` to records. All or nothing: a policy with one part that can't be
/// understood would mean something else without it.
final class PolicyMapper {
    private PolicyMapper() {}

    static Change map(Authorization a) throws MappingFault {
        var scope =
                switch (a.getScope()) {
                    case GLOBAL -> Policy.Scope.GLOBAL;
                    case NAMESPACE -> Policy.Scope.NAMESPACE;
                    case WORKLOAD_SELECTOR -> Policy.Scope.WORKLOAD_SELECTOR;
                    case UNRECOGNIZED ->
                            throw new MappingFault("scope", a.getScopeValue(), "0 to 2");
                };
        var action =
                switch (a.getAction()) {
                    case ALLOW -> Policy.Action.ALLOW;
                    case DENY -> Policy.Action.DENY;
                    case UNRECOGNIZED ->
                            throw new MappingFault("action", a.getActionValue(), "ALLOW or DENY");
                };
        var rules = new ArrayList<Policy.Rule>();
        for (var group : a.getGroupsList()) {
            var clauses = new ArrayList<Policy.Clause>();
            for (var rule : group.getRulesList()) {
                var matches = new ArrayList<Policy.Match>();
                for (var match : rule.getMatchesList()) {
                    matches.add(match(match));
                }
                clauses.add(new Policy.Clause(matches));
            }
            rules.add(new Policy.Rule(clauses));
        }
        return new Change.PutPolicy(
                new Policy(a.getNamespace(), a.getName(), scope, action, rules, a.getDryRun()));
    }

    private static Policy.Match match(dev.ambit.mesh.proto.security.Match m) throws MappingFault {
        return new Policy.Match(
                strings("namespaces", m.getNamespacesList()),
                strings("not_namespaces", m.getNotNamespacesList()),
                strings("principals", m.getPrincipalsList()),
                strings("not_principals", m.getNotPrincipalsList()),
                ranges("source_ips", m.getSourceIpsList()),
                ranges("not_source_ips", m.getNotSourceIpsList()),
                ranges("destination_ips", m.getDestinationIpsList()),
                ranges("not_destination_ips", m.getNotDestinationIpsList()),
                ports("destination_ports", m.getDestinationPortsList()),
                ports("not_destination_ports", m.getNotDestinationPortsList()),
                accounts(m.getServiceAccountsList()),
                accounts(m.getNotServiceAccountsList()));
    }

    private static List<StringMatch> strings(
            String field, List<dev.ambit.mesh.proto.security.StringMatch> list)
            throws MappingFault {
        var all = new ArrayList<StringMatch>();
        for (var m : list) {
            all.add(
                    switch (m.getMatchTypeCase()) {
                        case EXACT -> new StringMatch.Exact(m.getExact());
                        case PREFIX -> new StringMatch.Prefix(m.getPrefix());
                        case SUFFIX -> new StringMatch.Suffix(m.getSuffix());
                        case PRESENCE -> new StringMatch.Presence();
                        case MATCHTYPE_NOT_SET ->
                                throw new MappingFault(
                                        field, "empty", "exact, prefix, suffix or presence");
                    });
        }
        return all;
    }

    private static List<Cidr> ranges(String field, List<Address> list) throws MappingFault {
        var all = new ArrayList<Cidr>();
        for (var a : list) {
            all.add(
                    AddressMapper.cidr(
                            field, AddressMapper.address(field, a.getAddress()), a.getLength()));
        }
        return all;
    }

    private static List<Integer> ports(String field, List<Integer> list) throws MappingFault {
        for (int port : list) {
            AddressMapper.port(field, port);
        }
        return list;
    }

    private static List<Policy.ServiceAccount> accounts(List<ServiceAccountMatch> list) {
        return list.stream()
                .map(a -> new Policy.ServiceAccount(a.getNamespace(), a.getServiceAccount()))
                .toList();
    }
}
