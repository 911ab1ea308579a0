package dev.ambit.control.l7.jwt;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;

/// Fetches one document.
@FunctionalInterface
public interface JwksFetcher {
    /// @param timeout from beginning to end
    /// @return the body of a successful answer
    /// @throws IOException saying what was wrong, in words for people
    byte[] fetch(URI uri, Duration timeout) throws IOException, InterruptedException;
}
