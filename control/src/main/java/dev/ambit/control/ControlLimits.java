package dev.ambit.control;

import dev.ambit.control.ca.CertificateServer;
import dev.ambit.control.l7.jwt.JwksLimits;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.YamlLimits;
import java.time.Duration;

/// Every limit of this module.
///
/// @param files YAML files in the directory
/// @param fileBytes size of one file
/// @param documents YAML documents in one file, items of lists included
/// @param yamlAliases aliases of collections in one document
/// @param yamlDepth nesting in one document
/// @param yamlExpansion values that one document has more of when each alias is written out
/// @param settle quiet time after a change before the directory is read
/// @param settleAtMost a directory that keeps changing is read at least this often
/// @param rescan how often the directory is compared without being told of a change
/// @param streams xDS streams at a time
/// @param xdsRequestBytes one request on such a stream (it lists all that a client has kept)
/// @param csrBytes one certificate request
/// @param certificateTtl longest validity that is signed
/// @param jwks fetching keys of issuers
/// @param drain time that streams have to end when the control plane stops
public record ControlLimits(
        int files,
        int fileBytes,
        int documents,
        int yamlAliases,
        int yamlDepth,
        int yamlExpansion,
        Duration settle,
        Duration settleAtMost,
        Duration rescan,
        int streams,
        int xdsRequestBytes,
        int csrBytes,
        Duration certificateTtl,
        JwksLimits jwks,
        Duration drain) {

    public static ControlLimits defaults() {
        return new ControlLimits(
                10_000,
                16 << 20,
                100_000,
                50,
                64,
                100_000,
                Duration.ofMillis(80),
                Duration.ofMillis(400),
                Duration.ofSeconds(1),
                10_000,
                64 << 20,
                64 << 10,
                Duration.ofHours(24),
                JwksLimits.defaults(),
                Duration.ofSeconds(2));
    }

    public YamlLimits yaml() {
        return new YamlLimits(fileBytes, documents, yamlAliases, yamlDepth, yamlExpansion);
    }

    DirectorySource.Pace pace() {
        return new DirectorySource.Pace(settle, settleAtMost, rescan);
    }

    CertificateServer.Limits certificates() {
        return new CertificateServer.Limits(certificateTtl, csrBytes);
    }
}
