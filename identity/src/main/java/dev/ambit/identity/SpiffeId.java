package dev.ambit.identity;

import java.util.Optional;

/// A workload identity: `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`, the only
/// form that Istio issues (SPIFFE-ID standard, section 2).
public record SpiffeId(String trustDomain, String namespace, String serviceAccount) {
    private static final String SCHEME = "spiffe://";

    public SpiffeId {
        requireSegment("trust domain", trustDomain);
        requireSegment("namespace", namespace);
        requireSegment("service account", serviceAccount);
    }

    /// @throws IllegalArgumentException naming the text and the expected form
    public static SpiffeId parse(String uri) {
        return tryParse(uri)
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "SPIFFE id: '"
                                        + uri
                                        + "' (expected: spiffe://<trust domain>/ns/<namespace>/sa/<service account>)"));
    }

    /// Empty when `uri` is not of the expected form: for strangers' input.
    public static Optional<SpiffeId> tryParse(String uri) {
        if (!uri.startsWith(SCHEME)) {
            return Optional.empty();
        }
        var segments = uri.substring(SCHEME.length()).split("/", -1);
        if (segments.length != 5
                || !segments[1].equals("ns")
                || !segments[3].equals("sa")
                || segments[0].isEmpty()
                || segments[2].isEmpty()
                || segments[4].isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new SpiffeId(segments[0], segments[2], segments[4]));
    }

    public String uri() {
        return SCHEME + principal();
    }

    /// The form that authorization policies compare with: the URI without its scheme.
    public String principal() {
        return trustDomain + "/ns/" + namespace + "/sa/" + serviceAccount;
    }

    @Override
    public String toString() {
        return uri();
    }

    private static void requireSegment(String what, String value) {
        if (value.isEmpty() || value.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    what + ": '" + value + "' (expected: not empty, without '/')");
        }
    }
}
