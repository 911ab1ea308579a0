package dev.ambit.control.l7.jwt;

/// Keys of issuers as they are known at one moment. Asking never waits: what is not known yet, or
/// can't be had, is said so, and a new model is made once it changes.
public interface Jwks {

    /// @param issuer asked for the address of its keys (OIDC discovery) when `uri` is empty
    Answer keys(String issuer, String uri);

    sealed interface Answer {
        /// @param json a JWK set
        /// @param failure why it could not be refreshed, empty when it could
        record Known(String json, String failure) implements Answer {}

        /// No key of this issuer may be believed: its tokens are refused.
        ///
        /// @param why in words for people
        record Missing(String why) implements Answer {}

        /// Nobody has answered yet: its tokens are refused until then.
        record Pending() implements Answer {}
    }

    /// Asks nobody: where nothing is served.
    static Jwks none() {
        return (issuer, uri) -> new Answer.Pending();
    }
}
