package dev.ambit.waypoint.xds;

import com.google.protobuf.Any;
import java.time.Instant;

/// Ledgers for tests of who reads them.
public final class LedgerOf {
    private LedgerOf() {}

    public static Ledger type(String typeUrl) {
        return new Ledger(typeUrl);
    }

    public static void accepted(Ledger ledger, String name, Any resource) {
        ledger.accepted(name, "v1", resource, Instant.EPOCH);
    }

    public static void refused(Ledger ledger, String name, Any resource, String reason) {
        ledger.refused(name, "v2", resource, Instant.EPOCH, reason);
    }
}
