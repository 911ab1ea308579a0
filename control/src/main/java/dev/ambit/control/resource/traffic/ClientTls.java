package dev.ambit.control.resource.traffic;

import java.util.List;

/// How a destination is called with TLS. Texts are empty when not set.
///
/// @param credentialName of a Kubernetes secret, or `configmap://…` for roots alone
/// @param caCrl file of a list of revoked certificates
public record ClientTls(
        Mode mode,
        String clientCertificate,
        String privateKey,
        String caCertificates,
        String credentialName,
        List<String> subjectAltNames,
        String sni,
        boolean insecureSkipVerify,
        String caCrl) {

    public ClientTls {
        subjectAltNames = List.copyOf(subjectAltNames);
    }

    public enum Mode {
        DISABLE,
        SIMPLE,
        MUTUAL,
        /// The mesh's own; HBONE is that already.
        ISTIO_MUTUAL
    }

    public ClientTls withSubjectAltNames(List<String> names) {
        return new ClientTls(
                mode,
                clientCertificate,
                privateKey,
                caCertificates,
                credentialName,
                names,
                sni,
                insecureSkipVerify,
                caCrl);
    }
}
