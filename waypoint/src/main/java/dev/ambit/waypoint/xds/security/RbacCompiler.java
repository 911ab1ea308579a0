package dev.ambit.waypoint.xds.security;

import com.google.protobuf.Any;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.waypoint.security.AccessPolicy;
import dev.ambit.waypoint.security.AccessRules;
import dev.ambit.waypoint.security.Condition;
import dev.ambit.waypoint.security.NetworkRbac;
import dev.ambit.waypoint.security.RbacStage;
import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.security.UriTemplate;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.rbac.v3.MetadataSource;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.type.matcher.v3.FilterStateMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import io.netty.util.NetUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// RBAC filters. What is not known here refuses the whole resource: a policy that is read in part
/// would let in whom it should not.
public final class RbacCompiler {
    private static final String TEMPLATE =
            "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";

    private final SecurityCounters counters;

    public RbacCompiler(SecurityCounters counters) {
        this.counters = counters;
    }

    /// `envoy.extensions.filters.http.rbac.v3.RBAC`.
    public Optional<HttpStage> http(CompileScope scope, String name, Any any) throws Refused {
        var config =
                CompileScope.unpack(
                        "rbac",
                        any,
                        io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC.parser());
        refuseMatchers(config.hasMatcher(), config.hasShadowMatcher());
        if (!config.hasRules() && !config.hasShadowRules()) {
            return Optional.empty();
        }
        return Optional.of(
                new RbacStage(
                        name,
                        rules(config.hasRules(), "rules", config.getRules()),
                        rules(config.hasShadowRules(), "shadow_rules", config.getShadowRules()),
                        config.getRulesStatPrefix(),
                        config.getShadowRulesStatPrefix(),
                        "http.",
                        counters));
    }

    /// `envoy.extensions.filters.http.rbac.v3.RBACPerRoute`: empty rules let everybody in.
    public Object perRoute(CompileScope scope, String name, Any any) throws Refused {
        var config =
                CompileScope.unpack(
                        "rbac",
                        any,
                        io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute.parser());
        return http(scope, name, Any.pack(config.getRbac()))
                .orElseGet(() ->
                        new RbacStage(
                                name,
                                Optional.empty(),
                                Optional.empty(),
                                "",
                                "",
                                "http.",
                                counters));
    }

    /// `envoy.extensions.filters.network.rbac.v3.RBAC`.
    public Optional<NetworkStage> network(CompileScope scope, String name, Any any) throws Refused {
        var config =
                CompileScope.unpack(
                        "rbac",
                        any,
                        io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC.parser());
        refuseMatchers(config.hasMatcher(), config.hasShadowMatcher());
        if (!config.hasRules() && !config.hasShadowRules()) {
            return Optional.empty();
        }
        var prefix = config.getStatPrefix();
        return Optional.of(
                new NetworkRbac(
                        name,
                        rules(config.hasRules(), "rules", config.getRules()),
                        rules(config.hasShadowRules(), "shadow_rules", config.getShadowRules()),
                        config.getShadowRulesStatPrefix(),
                        prefix.isEmpty() || prefix.endsWith(".") ? prefix : prefix + ".",
                        counters));
    }

    private static void refuseMatchers(boolean matcher, boolean shadowMatcher) throws Refused {
        if (matcher || shadowMatcher) {
            throw new Refused(
                    matcher ? "rbac.matcher" : "rbac.shadow_matcher",
                    "a matcher tree",
                    "rules; no control plane of Istio's kind sends trees, did an EnvoyFilter?");
        }
    }

    private static Optional<AccessRules> rules(boolean there, String field, RBAC rbac)
            throws Refused {
        if (!there) {
            return Optional.empty();
        }
        try {
            return Optional.of(rules(rbac));
        } catch (Refused fault) {
            throw fault.in("rbac." + field);
        }
    }

    /// @throws Refused for what is not known
    public static AccessRules rules(RBAC rbac) throws Refused {
        var action =
                switch (rbac.getAction()) {
                    case ALLOW -> AccessRules.Action.ALLOW;
                    case DENY -> AccessRules.Action.DENY;
                    case LOG -> AccessRules.Action.LOG;
                    case UNRECOGNIZED ->
                            throw new Refused(
                                    "action",
                                    Integer.toString(rbac.getActionValue()),
                                    "ALLOW, DENY or LOG");
                };
        var policies = new ArrayList<AccessPolicy>(rbac.getPoliciesCount());
        for (var entry : rbac.getPoliciesMap().entrySet()) {
            try {
                policies.add(policy(entry.getKey(), entry.getValue()));
            } catch (Refused fault) {
                throw fault.in("policy " + entry.getKey());
            }
        }
        return new AccessRules(action, policies);
    }

    private static AccessPolicy policy(String name, Policy policy) throws Refused {
        if (policy.hasCondition() || policy.hasCheckedCondition()) {
            throw new Refused("condition", "set", "permissions and principals alone, no CEL");
        }
        if (policy.getPermissionsCount() == 0 || policy.getPrincipalsCount() == 0) {
            throw new Refused(
                    "permissions, principals", "", "at least one of each; is it cut off?");
        }
        return new AccessPolicy(
                name,
                permissions(policy.getPermissionsList()),
                principals(policy.getPrincipalsList()));
    }

    private static List<Condition> permissions(List<Permission> permissions) throws Refused {
        var all = new ArrayList<Condition>(permissions.size());
        for (var permission : permissions) {
            all.add(permission(permission));
        }
        return all;
    }

    @SuppressWarnings("deprecation") // Both forms are sent.
    private static Condition permission(Permission p) throws Refused {
        return switch (p.getRuleCase()) {
            case AND_RULES -> all(permissions(p.getAndRules().getRulesList()));
            case OR_RULES -> oneOf(permissions(p.getOrRules().getRulesList()));
            case ANY -> always(p.getAny());
            case HEADER -> new Condition.Header(Matchers.header(p.getHeader()));
            case URL_PATH -> path(p.getUrlPath());
            case URI_TEMPLATE -> template(p.getUriTemplate());
            case DESTINATION_IP ->
                    new Condition.In(Condition.Address.DESTINATION, cidr(p.getDestinationIp()));
            case DESTINATION_PORT -> port(p.getDestinationPort());
            case DESTINATION_PORT_RANGE ->
                    portRange(
                            p.getDestinationPortRange().getStart(),
                            p.getDestinationPortRange().getEnd());
            case METADATA -> metadata(p.getMetadata(), MetadataSource.DYNAMIC);
            case SOURCED_METADATA ->
                    metadata(
                            p.getSourcedMetadata().getMetadataMatcher(),
                            p.getSourcedMetadata().getMetadataSource());
            case NOT_RULE -> new Condition.Not(permission(p.getNotRule()));
            case REQUESTED_SERVER_NAME ->
                    new Condition.ServerName(Matchers.text(p.getRequestedServerName()));
            case MATCHER, RULE_NOT_SET -> throw unknown("permission", p.getRuleCase());
        };
    }

    private static List<Condition> principals(List<Principal> principals) throws Refused {
        var all = new ArrayList<Condition>(principals.size());
        for (var principal : principals) {
            all.add(principal(principal));
        }
        return all;
    }

    @SuppressWarnings("deprecation") // source_ip is still sent by older control planes.
    private static Condition principal(Principal p) throws Refused {
        return switch (p.getIdentifierCase()) {
            case AND_IDS -> all(principals(p.getAndIds().getIdsList()));
            case OR_IDS -> oneOf(principals(p.getOrIds().getIdsList()));
            case ANY -> always(p.getAny());
            case AUTHENTICATED ->
                    new Condition.Authenticated(
                            p.getAuthenticated().hasPrincipalName()
                                    ? Optional.of(
                                            Matchers.text(p.getAuthenticated().getPrincipalName()))
                                    : Optional.empty());
            case SOURCE_IP -> new Condition.In(Condition.Address.DIRECT, cidr(p.getSourceIp()));
            case DIRECT_REMOTE_IP ->
                    new Condition.In(Condition.Address.DIRECT, cidr(p.getDirectRemoteIp()));
            case REMOTE_IP -> new Condition.In(Condition.Address.REMOTE, cidr(p.getRemoteIp()));
            case HEADER -> new Condition.Header(Matchers.header(p.getHeader()));
            case URL_PATH -> path(p.getUrlPath());
            case METADATA -> metadata(p.getMetadata(), MetadataSource.DYNAMIC);
            case SOURCED_METADATA ->
                    metadata(
                            p.getSourcedMetadata().getMetadataMatcher(),
                            p.getSourcedMetadata().getMetadataSource());
            case FILTER_STATE -> filterState(p.getFilterState());
            case NOT_ID -> new Condition.Not(principal(p.getNotId()));
            case IDENTIFIER_NOT_SET -> throw unknown("principal", p.getIdentifierCase());
            default -> throw unknown("principal", p.getIdentifierCase());
        };
    }

    private static Refused unknown(String what, Enum<?> kind) {
        return new Refused(
                what, kind.toString(), "a kind that is known; is the control plane newer?");
    }

    private static Condition all(List<Condition> conditions) {
        return conditions.size() == 1 ? conditions.getFirst() : new Condition.All(conditions);
    }

    private static Condition oneOf(List<Condition> conditions) {
        return conditions.size() == 1 ? conditions.getFirst() : new Condition.OneOf(conditions);
    }

    /// Envoy takes `any: false` for true as well, but refuses it first.
    private static Condition always(boolean any) throws Refused {
        if (!any) {
            throw new Refused("any", "false", "true");
        }
        return new Condition.Always();
    }

    private static Condition path(PathMatcher matcher) throws Refused {
        if (!matcher.hasPath()) {
            throw new Refused("url_path", "", "a path to match");
        }
        return new Condition.Path(Matchers.header(matcher.getPath()));
    }

    private static Condition template(TypedExtensionConfig config) throws Refused {
        var any = config.getTypedConfig();
        if (!CompileScope.type(any).equals(TEMPLATE)) {
            throw new Refused("uri_template", any.getTypeUrl(), TEMPLATE);
        }
        try {
            var template =
                    CompileScope.unpack("uri_template", any, UriTemplateMatchConfig.parser());
            return new Condition.Template(UriTemplate.of(template.getPathTemplate()));
        } catch (Refused | IllegalArgumentException malformed) {
            throw new Refused(
                    "uri_template", config.getName(), String.valueOf(malformed.getMessage()));
        }
    }

    private static Condition port(int port) throws Refused {
        if (port < 0 || port > 65_535) {
            throw new Refused("destination_port", Integer.toString(port), "0 to 65535");
        }
        return new Condition.Port(port, port + 1);
    }

    private static Condition portRange(int start, int end) throws Refused {
        if (start < 0 || end > 65_536 || start >= end) {
            throw new Refused(
                    "destination_port_range",
                    start + " to " + end,
                    "0 to 65536, the start below the end");
        }
        return new Condition.Port(start, end);
    }

    private static Condition metadata(MetadataMatcher matcher, MetadataSource source)
            throws Refused {
        return switch (source) {
            case DYNAMIC -> new Condition.Metadata(Matchers.metadata(matcher), false);
            case ROUTE -> new Condition.Metadata(Matchers.metadata(matcher), true);
            case UNRECOGNIZED ->
                    throw new Refused("metadata_source", source.toString(), "DYNAMIC or ROUTE");
        };
    }

    private static Condition filterState(FilterStateMatcher matcher) throws Refused {
        if (!matcher.hasStringMatch()) {
            throw new Refused(
                    "filter_state[" + matcher.getKey() + "]",
                    matcher.getMatcherCase().toString(),
                    "string_match");
        }
        return new Condition.FilterState(matcher.getKey(), Matchers.text(matcher.getStringMatch()));
    }

    private static Cidr cidr(CidrRange range) throws Refused {
        var address = NetUtil.createInetAddressFromIpAddressString(range.getAddressPrefix());
        if (address == null) {
            throw new Refused("address_prefix", range.getAddressPrefix(), "an IP");
        }
        try {
            // Without a length it is the whole of the family.
            return new Cidr(address, range.getPrefixLen().getValue());
        } catch (IllegalArgumentException tooLong) {
            throw new Refused(
                    "prefix_len",
                    Integer.toString(range.getPrefixLen().getValue()),
                    String.valueOf(tooLong.getMessage()));
        }
    }
}
