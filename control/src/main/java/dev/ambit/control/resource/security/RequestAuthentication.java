package dev.ambit.control.resource.security;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.TargetRef;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which tokens are believed.
///
/// @param selector empty for one of the whole namespace (or mesh)
/// @param targets what `targetRef` and `targetRefs` name
/// @param standIn in place of one that can't be used: it believes no token
public record RequestAuthentication(
        Meta meta,
        Optional<Map<String, String>> selector,
        List<TargetRef> targets,
        List<JwtRule> rules,
        boolean standIn)
        implements Resource {

    public RequestAuthentication {
        targets = List.copyOf(targets);
        rules = List.copyOf(rules);
    }

    /// One issuer and how it is believed.
    ///
    /// @param issuer exact; empty: any
    /// @param audiences one of which a token must be for; empty: any
    /// @param jwksUri where its keys are, empty: asked for by OIDC discovery unless they are inline
    /// @param jwks its keys as JSON, else empty
    /// @param locations where tokens are looked for
    /// @param payloadHeader that is given the payload, else empty
    /// @param claimHeaders headers that are given single claims
    /// @param timeout of fetching its keys
    /// @param spaceDelimited claims that are lists though they are written as one text, besides
    ///   those that always are
    public record JwtRule(
            String issuer,
            List<String> audiences,
            String jwksUri,
            String jwks,
            Locations locations,
            boolean forward,
            String payloadHeader,
            List<ClaimHeader> claimHeaders,
            Optional<Duration> timeout,
            List<String> spaceDelimited) {

        public JwtRule {
            audiences = List.copyOf(audiences);
            claimHeaders = List.copyOf(claimHeaders);
            spaceDelimited = List.copyOf(spaceDelimited);
        }
    }

    /// None at all: `Authorization: Bearer` and the parameter `access_token`.
    public record Locations(List<Header> headers, List<String> params, List<String> cookies) {
        public static final Locations USUAL = new Locations(List.of(), List.of(), List.of());

        public Locations {
            headers = List.copyOf(headers);
            params = List.copyOf(params);
            cookies = List.copyOf(cookies);
        }
    }

    /// @param prefix that stands before the token, with its space; may be empty
    public record Header(String name, String prefix) {}

    /// @param claim its name, `a.b` for one inside another
    public record ClaimHeader(String header, String claim) {}
}
