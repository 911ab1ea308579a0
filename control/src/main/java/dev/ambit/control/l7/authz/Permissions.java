package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.authz.Attribute.Connection;
import dev.ambit.control.l7.authz.Attribute.FilterMetadata;
import dev.ambit.control.l7.authz.Attribute.OfDestination;
import dev.ambit.control.l7.authz.Attribute.Request;
import dev.ambit.control.l7.authz.Attribute.Unknown;
import dev.ambit.control.l7.authz.RuleModel.Clause;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Clauses about destination and request as Envoy's permissions.
final class Permissions {
    static final Permission ANY = Permission.newBuilder().setAny(true).build();

    private static final String ONE_SEGMENT = "{*}";
    private static final String THE_REST = "{**}";
    private static final int PORT_MAX = 65_535;

    private final boolean http;
    private final boolean strict;

    /// @param strict whether one value that can't be compared spoils the whole, or is left out
    Permissions(boolean http, boolean strict) {
        this.http = http;
        this.strict = strict;
    }

    /// Empty when it is spoilt.
    Optional<Permission> all(List<Clause<OfDestination>> clauses) {
        var and = new ArrayList<Permission>();
        for (var clause : clauses) {
            var values = one(clause.attribute(), clause.values());
            var notValues = one(clause.attribute(), clause.notValues());
            if (strict && (values.spoilt() || notValues.spoilt())) {
                return Optional.empty();
            }
            values.whole().ifPresent(and::add);
            notValues.whole().ifPresent(n -> and.add(not(n)));
        }
        if (and.isEmpty()) {
            and.add(ANY);
        }
        return Optional.of(
                Permission.newBuilder()
                        .setAndRules(Permission.Set.newBuilder().addAllRules(and))
                        .build());
    }

    private Compared<Permission> one(OfDestination attribute, List<String> values) {
        if (values.isEmpty()) {
            return Compared.nothing();
        }
        if (attribute.needsHttp() && !http) {
            return Compared.spoilt(Optional.empty());
        }
        return switch (attribute) {
            case FilterMetadata(var filter, var key) ->
                    Compared.of(
                            Permission.newBuilder()
                                    .setMetadata(Matchers.metadata(filter, key, values))
                                    .build());
            case Unknown unknown -> Compared.spoilt(Optional.empty());
            case Connection connection -> each(values, v -> connection(connection, v));
            case Request request -> each(values, v -> Optional.of(request(request, v)));
        };
    }

    private static Compared<Permission> each(
            List<String> values, java.util.function.Function<String, Optional<Permission>> one) {
        return Compared.each(values, one, Permissions::or);
    }

    private static Optional<Permission> connection(Connection attribute, String value) {
        var permission = Permission.newBuilder();
        return switch (attribute) {
            case DESTINATION_IP ->
                    Ranges.of(value).map(r -> permission.setDestinationIp(r).build());
            case DESTINATION_PORT -> port(value).map(p -> permission.setDestinationPort(p).build());
            case SNI ->
                    Optional.of(permission.setRequestedServerName(Matchers.text(value)).build());
        };
    }

    private static Permission request(Request attribute, String value) {
        var permission = Permission.newBuilder();
        return switch (attribute) {
            case HOST -> permission.setHeader(Matchers.header(":authority", value, true)).build();
            case METHOD -> permission.setHeader(Matchers.header(":method", value, false)).build();
            case PATH -> path(value);
        };
    }

    private static Permission path(String value) {
        if (!value.contains(ONE_SEGMENT) && !value.contains(THE_REST)) {
            return Permission.newBuilder()
                    .setUrlPath(PathMatcher.newBuilder().setPath(Matchers.text(value)))
                    .build();
        }
        var template = value.replace(THE_REST, "**").replace(ONE_SEGMENT, "*");
        return Permission.newBuilder()
                .setUriTemplate(
                        TypedExtensionConfig.newBuilder()
                                .setName("uri-template")
                                .setTypedConfig(
                                        Protos.any(
                                                UriTemplateMatchConfig.newBuilder()
                                                        .setPathTemplate(template)
                                                        .build())))
                .build();
    }

    private static Optional<Integer> port(String value) {
        try {
            int port = Integer.parseInt(value);
            return port >= 0 && port <= PORT_MAX ? Optional.of(port) : Optional.empty();
        } catch (NumberFormatException notANumber) {
            return Optional.empty();
        }
    }

    private static Permission or(List<Permission> permissions) {
        return Permission.newBuilder()
                .setOrRules(Permission.Set.newBuilder().addAllRules(permissions))
                .build();
    }

    private static Permission not(Permission permission) {
        return Permission.newBuilder().setNotRule(permission).build();
    }
}
