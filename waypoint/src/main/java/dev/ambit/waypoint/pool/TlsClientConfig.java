package dev.ambit.waypoint.pool;

import java.util.List;
import java.util.Optional;

/// `UpstreamTlsContext`.
///
/// @param certificate name of the secret with our own certificate; empty for none
/// @param validation name of the secret with roots; empty to accept every certificate, which is
///   what `insecureSkipVerify` asks for
/// @param names of which the peer's certificate must have one; empty for any
/// @param sni to send; empty for none
/// @param autoSni whether the request's authority is sent where `sni` is empty
/// @param autoSanValidation whether that name must be in the peer's certificate
/// @param alpn to offer; empty for none
/// @param minVersion `TLSv1.2` or `TLSv1.3`
/// @param maxVersion the same
/// @param ciphers names of OpenSSL for TLS 1.2; empty for the defaults
/// @param crl name of the secret with lists of certificates that were taken back; empty for none
public record TlsClientConfig(
        Optional<String> certificate,
        Optional<String> validation,
        List<SanMatch> names,
        String sni,
        boolean autoSni,
        boolean autoSanValidation,
        List<String> alpn,
        String minVersion,
        String maxVersion,
        List<String> ciphers,
        Optional<String> crl) {

    /// A subject alternative name.
    ///
    /// @param type `URI`, `DNS`, `IP`, or `ANY`
    /// @param value compared as `how` says
    public record SanMatch(String type, How how, String value, boolean ignoreCase) {}

    public enum How {
        EXACT,
        PREFIX,
        SUFFIX,
        CONTAINS,
        REGEX
    }
}
