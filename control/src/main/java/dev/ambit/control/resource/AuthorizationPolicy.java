package dev.ambit.control.resource;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// @param selector empty for a policy of the whole namespace (or mesh)
/// @param targets what `targetRef` and `targetRefs` name: such a policy is for waypoints
/// @param provider of a CUSTOM policy, else empty
/// @param standIn in place of one that can't be used: it refuses everything
public record AuthorizationPolicy(
        Meta meta,
        Optional<Map<String, String>> selector,
        List<TargetRef> targets,
        Action action,
        List<Rule> rules,
        String provider,
        boolean standIn)
        implements Resource {

    public AuthorizationPolicy {
        targets = List.copyOf(targets);
        rules = List.copyOf(rules);
    }

    public enum Action {
        ALLOW,
        DENY,
        AUDIT,
        CUSTOM
    }

    /// Sources are ORed, operations are ORed, conditions ANDed; the three are ANDed.
    public record Rule(
            List<Map<SourceField, List<String>>> from,
            List<Map<OperationField, List<String>>> to,
            List<Condition> when) {
        public Rule {
            from = List.copyOf(from);
            to = List.copyOf(to);
            when = List.copyOf(when);
        }
    }

    public record Condition(String key, List<String> values, List<String> notValues) {
        public Condition {
            values = List.copyOf(values);
            notValues = List.copyOf(notValues);
        }
    }

    /// Fields of `from[].source`, with the name they have in YAML.
    public enum SourceField {
        PRINCIPALS("principals"),
        NOT_PRINCIPALS("notPrincipals"),
        REQUEST_PRINCIPALS("requestPrincipals"),
        NOT_REQUEST_PRINCIPALS("notRequestPrincipals"),
        NAMESPACES("namespaces"),
        NOT_NAMESPACES("notNamespaces"),
        SERVICE_ACCOUNTS("serviceAccounts"),
        NOT_SERVICE_ACCOUNTS("notServiceAccounts"),
        TRUST_DOMAINS("trustDomains"),
        NOT_TRUST_DOMAINS("notTrustDomains"),
        IP_BLOCKS("ipBlocks"),
        NOT_IP_BLOCKS("notIpBlocks"),
        REMOTE_IP_BLOCKS("remoteIpBlocks"),
        NOT_REMOTE_IP_BLOCKS("notRemoteIpBlocks");

        final String yaml;

        SourceField(String yaml) {
            this.yaml = yaml;
        }

        public String yaml() {
            return yaml;
        }
    }

    /// Fields of `to[].operation`, with the name they have in YAML.
    public enum OperationField {
        HOSTS("hosts"),
        NOT_HOSTS("notHosts"),
        PORTS("ports"),
        NOT_PORTS("notPorts"),
        METHODS("methods"),
        NOT_METHODS("notMethods"),
        PATHS("paths"),
        NOT_PATHS("notPaths");

        final String yaml;

        OperationField(String yaml) {
            this.yaml = yaml;
        }

        public String yaml() {
            return yaml;
        }
    }
}
