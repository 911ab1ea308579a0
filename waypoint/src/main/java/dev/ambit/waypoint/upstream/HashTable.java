package dev.ambit.waypoint.upstream;

import org.jspecify.annotations.Nullable;

/// Which host a hash belongs to: a ring or a table. Immutable.
interface HashTable {
    /// @param attempt from 0; another host is likely for each
    @Nullable Host find(long hash, int attempt);

    HashTable EMPTY = (_, _) -> null;
}
