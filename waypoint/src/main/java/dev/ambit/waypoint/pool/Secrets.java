package dev.ambit.waypoint.pool;

import java.util.Optional;

/// Certificates, keys and roots by the names that configurations use (`SdsSecretConfig.name`).
public interface Secrets {
    /// Empty while it has not come. The same object until it changes.
    Optional<Secret> find(String name);

    sealed interface Secret {
        /// @param chain PEM, leaf first
        /// @param key PEM: PKCS #8, PKCS #1 or SEC 1
        record Certificate(String chain, String key) implements Secret {
            @Override
            public String toString() {
                return "certificate, %d characters; its key is not shown".formatted(chain.length());
            }
        }

        /// @param roots PEM; empty where every certificate is believed
        /// @param revocationLists PEM; empty for none
        record Roots(String roots, String revocationLists) implements Secret {}
    }
}
