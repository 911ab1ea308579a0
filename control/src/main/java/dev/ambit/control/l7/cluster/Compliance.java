package dev.ambit.control.l7.cluster;

import dev.ambit.control.l7.L7Settings;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import java.util.List;

/// What a compliance policy makes of TLS settings, whoever wrote them. Comes last.
public final class Compliance {
    private static final List<String> FIPS_CIPHERS =
            List.of(
                    "ECDHE-ECDSA-AES128-GCM-SHA256",
                    "ECDHE-RSA-AES128-GCM-SHA256",
                    "ECDHE-ECDSA-AES256-GCM-SHA384",
                    "ECDHE-RSA-AES256-GCM-SHA384");

    private static final String PQC_CURVE = "X25519MLKEM768";

    private Compliance() {}

    public static void enforce(L7Settings.Compliance policy, CommonTlsContext.Builder context) {
        switch (policy) {
            case NONE -> {}
            case FIPS -> fips(context.getTlsParamsBuilder());
            case PQC ->
                    context.getTlsParamsBuilder()
                            .setTlsMinimumProtocolVersion(TlsParameters.TlsProtocol.TLSv1_3)
                            .clearCipherSuites()
                            .addAllCipherSuites(FIPS_CIPHERS)
                            .clearEcdhCurves()
                            .addEcdhCurves(PQC_CURVE);
        }
    }

    /// Unset lists are right in Envoy's FIPS build: its ciphers, and P-256.
    private static void fips(TlsParameters.Builder params) {
        var kept = params.getCipherSuitesList().stream().filter(FIPS_CIPHERS::contains).toList();
        params.setTlsMinimumProtocolVersion(TlsParameters.TlsProtocol.TLSv1_2)
                .setTlsMaximumProtocolVersion(TlsParameters.TlsProtocol.TLSv1_2)
                .clearCipherSuites()
                .addAllCipherSuites(kept)
                .clearEcdhCurves();
    }
}
