package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.authz.Attribute.Connection;
import dev.ambit.control.l7.authz.Attribute.OfDestination;
import dev.ambit.control.l7.authz.Attribute.OfSource;
import dev.ambit.control.l7.authz.Attribute.Peer;
import dev.ambit.control.l7.authz.Attribute.Request;
import dev.ambit.control.l7.authz.Attribute.RequestPrincipal;
import dev.ambit.control.l7.authz.Attribute.ServiceAccount;
import dev.ambit.control.resource.AuthorizationPolicy.OperationField;
import dev.ambit.control.resource.AuthorizationPolicy.Rule;
import dev.ambit.control.resource.AuthorizationPolicy.SourceField;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A rule as Envoy's RBAC has it: permissions and principals, each list ORed, what stands in one
/// entry ANDed. Conditions are part of every entry.
record RuleModel(
        List<List<Clause<OfDestination>>> permissions, List<List<Clause<OfSource>>> principals) {

    RuleModel {
        permissions = List.copyOf(permissions);
        principals = List.copyOf(principals);
    }

    /// One of the values, and none of the others.
    record Clause<A extends Attribute>(A attribute, List<String> values, List<String> notValues) {
        Clause {
            values = List.copyOf(values);
            notValues = List.copyOf(notValues);
        }
    }

    /// @param namespace of the policy
    static RuleModel of(Rule rule, String namespace, TrustDomains trust) {
        var destination = new ArrayList<Clause<OfDestination>>();
        var source = new ArrayList<Clause<OfSource>>();
        for (var condition : rule.when()) {
            switch (Attribute.of(condition.key(), namespace)) {
                case OfDestination attribute ->
                        add(destination, attribute, condition.values(), condition.notValues());
                case OfSource attribute ->
                        add(source, attribute, condition.values(), condition.notValues());
            }
        }
        var permissions = new ArrayList<List<Clause<OfDestination>>>();
        for (var operation : rule.to()) {
            permissions.add(joined(operation(operation), destination));
        }
        if (permissions.isEmpty()) {
            permissions.add(destination);
        }
        var principals = new ArrayList<List<Clause<OfSource>>>();
        for (var entry : rule.from()) {
            principals.add(joined(source(entry, namespace), source));
        }
        if (principals.isEmpty()) {
            principals.add(source);
        }
        return new RuleModel(
                permissions.stream().map(List::copyOf).toList(),
                principals.stream().map(p -> expanded(p, trust)).toList());
    }

    private static List<Clause<OfDestination>> operation(Map<OperationField, List<String>> fields) {
        var clauses = new ArrayList<Clause<OfDestination>>();
        add(clauses, Request.HOST, fields, OperationField.HOSTS, OperationField.NOT_HOSTS);
        add(clauses, Request.METHOD, fields, OperationField.METHODS, OperationField.NOT_METHODS);
        add(clauses, Request.PATH, fields, OperationField.PATHS, OperationField.NOT_PATHS);
        add(
                clauses,
                Connection.DESTINATION_PORT,
                fields,
                OperationField.PORTS,
                OperationField.NOT_PORTS);
        return clauses;
    }

    private static List<Clause<OfSource>> source(
            Map<SourceField, List<String>> fields, String namespace) {
        var clauses = new ArrayList<Clause<OfSource>>();
        add(clauses, Peer.PRINCIPAL, fields, SourceField.PRINCIPALS, SourceField.NOT_PRINCIPALS);
        add(
                clauses,
                new RequestPrincipal(),
                fields,
                SourceField.REQUEST_PRINCIPALS,
                SourceField.NOT_REQUEST_PRINCIPALS);
        add(
                clauses,
                new ServiceAccount(namespace),
                fields,
                SourceField.SERVICE_ACCOUNTS,
                SourceField.NOT_SERVICE_ACCOUNTS);
        add(
                clauses,
                Peer.TRUST_DOMAIN,
                fields,
                SourceField.TRUST_DOMAINS,
                SourceField.NOT_TRUST_DOMAINS);
        add(clauses, Peer.NAMESPACE, fields, SourceField.NAMESPACES, SourceField.NOT_NAMESPACES);
        add(
                clauses,
                Peer.REMOTE_IP,
                fields,
                SourceField.REMOTE_IP_BLOCKS,
                SourceField.NOT_REMOTE_IP_BLOCKS);
        add(clauses, Peer.SOURCE_IP, fields, SourceField.IP_BLOCKS, SourceField.NOT_IP_BLOCKS);
        return clauses;
    }

    private static <A extends Attribute, K> void add(
            List<Clause<A>> clauses,
            A attribute,
            Map<K, List<String>> fields,
            K field,
            K notField) {
        add(
                clauses,
                attribute,
                fields.getOrDefault(field, List.of()),
                fields.getOrDefault(notField, List.of()));
    }

    private static <A extends Attribute> void add(
            List<Clause<A>> clauses, A attribute, List<String> values, List<String> notValues) {
        if (!values.isEmpty() || !notValues.isEmpty()) {
            clauses.add(new Clause<>(attribute, values, notValues));
        }
    }

    private static <A extends Attribute> List<Clause<A>> joined(
            List<Clause<A>> own, List<Clause<A>> conditions) {
        var all = new ArrayList<>(own);
        all.addAll(conditions);
        return all;
    }

    private static List<Clause<OfSource>> expanded(
            List<Clause<OfSource>> clauses, TrustDomains trust) {
        return clauses.stream().map(c -> expanded(c, trust)).toList();
    }

    private static Clause<OfSource> expanded(Clause<OfSource> clause, TrustDomains trust) {
        if (clause.attribute() == Peer.PRINCIPAL) {
            return new Clause<>(
                    clause.attribute(),
                    trust.principals(clause.values()),
                    trust.principals(clause.notValues()));
        }
        if (clause.attribute() == Peer.TRUST_DOMAIN) {
            return new Clause<>(
                    clause.attribute(),
                    trust.domains(clause.values()),
                    trust.domains(clause.notValues()));
        }
        return clause;
    }
}
