package dev.ambit.identity;

import dev.ambit.identity.ca.CaFault;

/// Where certificates come from. Blocks: called on virtual threads.
public interface CertificateSource {
    WorkloadCertificate fetch(SpiffeId id) throws CaFault;
}
