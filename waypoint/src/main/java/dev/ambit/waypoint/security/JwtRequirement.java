package dev.ambit.waypoint.security;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/// `JwtRequirement`: which tokens a request must have.
public sealed interface JwtRequirement {
    /// A token of this provider, and no bad one where its tokens are looked for.
    ///
    /// @param audiences instead of the provider's
    record Of(JwtProvider provider, Optional<Set<String>> audiences, TokenLocations locations)
            implements JwtRequirement {
        public Of(JwtProvider provider, Optional<Set<String>> audiences) {
            this(provider, audiences.map(JwtProvider::bare), new TokenLocations(List.of(provider)));
        }
    }

    /// One of these; what allows less than a token comes last.
    record AnyOf(List<JwtRequirement> requirements) implements JwtRequirement {}

    record AllOf(List<JwtRequirement> requirements) implements JwtRequirement {}

    /// No token, or a good one of some provider; looked for where `locations` say.
    ///
    /// @param failed whether a bad one is allowed too
    record Optionally(TokenLocations locations, boolean failed) implements JwtRequirement {
        /// @param providers whose locations are looked at: those beside it in an `AnyOf`
        public Optionally(List<JwtProvider> providers, boolean failed) {
            this(new TokenLocations(providers), failed);
        }
    }

    record Nothing() implements JwtRequirement {}
}
