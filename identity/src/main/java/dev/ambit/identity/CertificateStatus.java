package dev.ambit.identity;

import java.util.Optional;

/// One identity of a `CertificateStore`, for dumps.
///
/// @param certificate while it is valid
/// @param problem of the last fetch, if that failed
public record CertificateStatus(
        SpiffeId id, Optional<WorkloadCertificate> certificate, Optional<String> problem) {}
