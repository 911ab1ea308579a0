package dev.ambit.mesh.xds;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.Policy.StringMatch;
import dev.ambit.mesh.policy.RefusedPolicy;
import dev.ambit.mesh.policy.UnknownPolicy;
import dev.ambit.mesh.proto.security.Address;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.security.ServiceAccountMatch;
import dev.ambit.mesh.store.Change;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `istio.security.Authorization` to records. All or nothing: a policy with one part that can't be
/// understood would mean something else without it. Only where unknown input is to be ignored are
/// values of a match that can't be understood left out, as Istio's ztunnel does.
final class PolicyMapper {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyMapper.class);

    private final boolean lenient;

    PolicyMapper(UnknownPolicy unknown) {
        this.lenient = unknown == UnknownPolicy.IGNORE;
    }

    /// Whom a policy that could not be understood covers: everybody, where even that could not be.
    static RefusedPolicy refused(String name, ByteString bytes, MappingFault cause) {
        var scope = Policy.Scope.GLOBAL;
        try {
            scope = scope(Authorization.parseFrom(bytes));
        } catch (InvalidProtocolBufferException | MappingFault unreadable) {
            // Covers everybody.
        }
        return new RefusedPolicy(name, scope, cause.text());
    }

    private static Policy.Scope scope(Authorization a) throws MappingFault {
        return switch (a.getScope()) {
            case GLOBAL -> Policy.Scope.GLOBAL;
            case NAMESPACE -> Policy.Scope.NAMESPACE;
            case WORKLOAD_SELECTOR -> Policy.Scope.WORKLOAD_SELECTOR;
            case UNRECOGNIZED -> throw new MappingFault("scope", a.getScopeValue(), "0 to 2");
        };
    }

    Change map(Authorization a) throws MappingFault {
        var scope = scope(a);
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
            known("group", group);
            for (var rule : group.getRulesList()) {
                known("rule", rule);
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

    /// A field of a newer control plane may restrict what a rule matches: without it an ALLOW would
    /// admit more, or a DENY stop to deny.
    private void known(String part, Message message) throws MappingFault {
        if (lenient) {
            return;
        }
        for (int field : message.getUnknownFields().asMap().keySet()) {
            throw new MappingFault(
                    part, "field number " + field, "only fields that this version knows");
        }
    }

    private Policy.Match match(dev.ambit.mesh.proto.security.Match m) throws MappingFault {
        known("match", m);
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

    private interface Reading<T, R> {
        R read(T value) throws MappingFault;
    }

    private <T, R> List<R> each(List<T> values, Reading<T, R> reading) throws MappingFault {
        var all = new ArrayList<R>();
        for (var value : values) {
            try {
                all.add(reading.read(value));
            } catch (MappingFault unusable) {
                if (!lenient) {
                    throw unusable;
                }
                LOG.warn("left out of a policy: {}", unusable.text());
            }
        }
        return all;
    }

    private List<StringMatch> strings(
            String field, List<dev.ambit.mesh.proto.security.StringMatch> list)
            throws MappingFault {
        return each(
                list,
                m ->
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

    private List<Cidr> ranges(String field, List<Address> list) throws MappingFault {
        return each(
                list,
                a ->
                        AddressMapper.cidr(
                                field,
                                AddressMapper.address(field, a.getAddress()),
                                a.getLength()));
    }

    /// The reference keeps the low 16 bits of a larger number.
    private List<Integer> ports(String field, List<Integer> list) throws MappingFault {
        return each(
                list,
                port -> {
                    if (lenient) {
                        return port & 0xffff;
                    }
                    AddressMapper.port(field, port);
                    return port;
                });
    }

    private static List<Policy.ServiceAccount> accounts(List<ServiceAccountMatch> list) {
        return list.stream()
                .map(a -> new Policy.ServiceAccount(a.getNamespace(), a.getServiceAccount()))
                .toList();
    }
}
