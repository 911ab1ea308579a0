package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.authz.Attribute.Claim;
import dev.ambit.control.l7.authz.Attribute.Header;
import dev.ambit.control.l7.authz.Attribute.OfSource;
import dev.ambit.control.l7.authz.Attribute.Peer;
import dev.ambit.control.l7.authz.Attribute.RequestPrincipal;
import dev.ambit.control.l7.authz.Attribute.ServiceAccount;
import dev.ambit.control.l7.authz.RuleModel.Clause;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.type.matcher.v3.FilterStateMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Clauses about the source as Envoy's principals.
final class Principals {
    private static final String SPIFFE = "spiffe://";
    private static final String PEER = "io.istio.peer_principal";
    private static final Principal ANY = Principal.newBuilder().setAny(true).build();

    private final Form form;
    private final boolean strict;

    /// @param strict whether one value that can't be compared spoils the whole, or is left out
    Principals(Form form, boolean strict) {
        this.form = form;
        this.strict = strict;
    }

    /// Empty when it is spoilt.
    Optional<Principal> all(List<Clause<OfSource>> clauses) {
        var and = new ArrayList<Principal>();
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
        return Optional.of(and(and));
    }

    private Compared<Principal> one(OfSource attribute, List<String> values) {
        if (values.isEmpty()) {
            return Compared.nothing();
        }
        if (attribute.needsHttp() && !form.http()) {
            return Compared.spoilt(Optional.empty());
        }
        return switch (attribute) {
            case Claim(var path) ->
                    Compared.of(
                            Principal.newBuilder()
                                    .setMetadata(Matchers.claim(path, values))
                                    .build());
            case RequestPrincipal() -> Compared.of(requestPrincipals(values));
            case Header(var name) -> each(values, v -> Optional.of(header(name, v)));
            case ServiceAccount(var namespace) ->
                    each(values, v -> Optional.of(peer(account(namespace, v))));
            case Peer kind -> each(values, v -> peer(kind, v));
        };
    }

    private static Compared<Principal> each(
            List<String> values, java.util.function.Function<String, Optional<Principal>> one) {
        return Compared.each(values, one, Principals::or);
    }

    private Optional<Principal> peer(Peer kind, String value) {
        var principal = Principal.newBuilder();
        return switch (kind) {
            case SOURCE_IP -> Ranges.of(value).map(r -> principal.setDirectRemoteIp(r).build());
            case REMOTE_IP -> Ranges.of(value).map(r -> principal.setRemoteIp(r).build());
            case NAMESPACE -> Optional.of(peer(namespace(value)));
            case TRUST_DOMAIN -> Optional.of(peer(trustDomain(value)));
            case PRINCIPAL -> Optional.of(peer(Matchers.text(value, SPIFFE)));
        };
    }

    private Principal peer(StringMatcher name) {
        var principal = Principal.newBuilder();
        return switch (form.peer()) {
            case CERTIFICATE ->
                    principal
                            .setAuthenticated(
                                    Principal.Authenticated.newBuilder().setPrincipalName(name))
                            .build();
            case FILTER_STATE ->
                    principal
                            .setFilterState(
                                    FilterStateMatcher.newBuilder()
                                            .setKey(PEER)
                                            .setStringMatch(name))
                            .build();
        };
    }

    private static StringMatcher namespace(String value) {
        var parts = new ArrayList<String>();
        for (var literal : value.split("\\*", -1)) {
            parts.add(Matchers.quoted(literal));
        }
        return Matchers.regex(".*/ns/" + String.join(".*", parts) + "/.*");
    }

    private static StringMatcher trustDomain(String value) {
        int star = value.indexOf('*');
        if (value.equals("*")) {
            return Matchers.prefix(SPIFFE);
        }
        if (star < 0) {
            return Matchers.prefix(SPIFFE + value + "/");
        }
        return Matchers.regex(
                SPIFFE
                        + Matchers.quoted(value.substring(0, star))
                        + "[^/]*"
                        + Matchers.quoted(value.substring(star + 1))
                        + "/.*");
    }

    /// Identities may say more between and after these parts.
    private static StringMatcher account(String namespace, String value) {
        int slash = value.indexOf('/');
        var in = slash < 0 ? namespace : value.substring(0, slash);
        return Matchers.regex(
                "spiffe://.+/ns/"
                        + Matchers.quoted(in)
                        + "/(.+/|)sa/"
                        + Matchers.quoted(value.substring(slash + 1))
                        + "(/.+)?");
    }

    private static Principal header(String name, String value) {
        return Principal.newBuilder().setHeader(Matchers.header(name, value, false)).build();
    }

    private static Principal requestPrincipals(List<String> values) {
        var each = values.stream().map(Principals::requestPrincipal).toList();
        return each.size() == 1 ? each.getFirst() : or(each);
    }

    /// `issuer/subject`: an issuer may have slashes, so the last one counts.
    private static Principal requestPrincipal(String value) {
        int slash = value.lastIndexOf('/');
        var issuer = slash < 0 ? value : value.substring(0, slash);
        var subject = value.substring(slash + 1);
        if (value.equals("*")) {
            return claims(Matchers.present(), Matchers.present());
        }
        if (value.startsWith("*")) {
            return slash < 0
                    ? claims(Matchers.present(), Matchers.suffix(value.substring(1)))
                    : claims(
                            issuer.equals("*")
                                    ? Matchers.present()
                                    : Matchers.suffix(issuer.substring(1)),
                            Matchers.exact(subject));
        }
        if (value.endsWith("*")) {
            return slash < 0
                    ? claims(Matchers.prefix(withoutStar(value)), Matchers.present())
                    : claims(
                            Matchers.exact(issuer),
                            subject.equals("*")
                                    ? Matchers.present()
                                    : Matchers.prefix(withoutStar(subject)));
        }
        return claims(Matchers.exact(issuer), Matchers.exact(slash < 0 ? "" : subject));
    }

    private static String withoutStar(String text) {
        return text.substring(0, text.length() - 1);
    }

    private static Principal claims(StringMatcher issuer, StringMatcher subject) {
        return and(
                List.of(
                        Principal.newBuilder().setMetadata(Matchers.claim("iss", issuer)).build(),
                        Principal.newBuilder()
                                .setMetadata(Matchers.claim("sub", subject))
                                .build()));
    }

    private static Principal and(List<Principal> principals) {
        return Principal.newBuilder()
                .setAndIds(Principal.Set.newBuilder().addAllIds(principals))
                .build();
    }

    private static Principal or(List<Principal> principals) {
        return Principal.newBuilder()
                .setOrIds(Principal.Set.newBuilder().addAllIds(principals))
                .build();
    }

    private static Principal not(Principal principal) {
        return Principal.newBuilder().setNotId(principal).build();
    }
}
