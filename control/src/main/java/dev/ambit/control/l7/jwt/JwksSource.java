package dev.ambit.control.l7.jwt;

import java.time.Duration;
import java.util.Optional;

/// Whose keys are wanted.
///
/// @param issuer asked where its keys are when `uri` is empty
/// @param timeout of fetching them, not part of what they are
public record JwksSource(String issuer, String uri, Optional<Duration> timeout) {

    Key key() {
        return new Key(issuer, uri);
    }

    /// One set of keys.
    record Key(String issuer, String uri) {
        @Override
        public String toString() {
            return uri.isEmpty() ? issuer : uri;
        }
    }
}
