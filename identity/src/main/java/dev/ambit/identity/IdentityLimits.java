package dev.ambit.identity;

import java.time.Duration;

/// Every limit of this module. The defaults are pinned by a test.
///
/// @param certificateTtl lifetime asked of the CA
/// @param concurrentFetches requests to the CA at one time
/// @param callDeadline of one request to the CA
/// @param firstBackoff after a failed fetch; doubles with each further failure
/// @param maxBackoff what it grows to
/// @param jitter share of a delay by which it varies, 0 to 1, so that nodes don't ask in step
/// @param verifiedPeers chains whose verification is remembered, per certificate
/// @param fileSettles how long a watched directory must be quiet before its files are read anew
/// @param revocationListBytes size of the file with the revocation lists
public record IdentityLimits(
        Duration certificateTtl,
        int concurrentFetches,
        Duration callDeadline,
        Duration firstBackoff,
        Duration maxBackoff,
        double jitter,
        int verifiedPeers,
        Duration fileSettles,
        int revocationListBytes) {

    public static IdentityLimits defaults() {
        return new IdentityLimits(
                Duration.ofHours(24),
                8,
                Duration.ofSeconds(10),
                Duration.ofSeconds(1),
                Duration.ofSeconds(150),
                0.1,
                4_096,
                Duration.ofSeconds(2),
                64 << 20);
    }

    public IdentityLimits withCertificateTtl(Duration ttl) {
        return new IdentityLimits(
                ttl,
                concurrentFetches,
                callDeadline,
                firstBackoff,
                maxBackoff,
                jitter,
                verifiedPeers,
                fileSettles,
                revocationListBytes);
    }
}
