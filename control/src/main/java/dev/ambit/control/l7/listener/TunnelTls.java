package dev.ambit.control.l7.listener;

import com.google.protobuf.Duration;
import dev.ambit.control.l7.L7Settings.Compliance;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.ProxySettings;
import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.WaypointScope;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// TLS where tunnels end: mutual, TLS 1.3, clients of the mesh's trust domains.
final class TunnelTls {
    private static final String OWN = "default";
    private static final String ROOTS = "ROOTCA";

    private TunnelTls() {}

    static DownstreamTlsContext of(WaypointScope scope) {
        var node = scope.node();
        var validation = CertificateValidationContext.newBuilder();
        for (var domain : trustDomains(scope)) {
            validation.addMatchTypedSubjectAltNames(
                    SubjectAltNameMatcher.newBuilder()
                            .setSanType(SubjectAltNameMatcher.SanType.URI)
                            .setMatcher(
                                    StringMatcher.newBuilder()
                                            .setPrefix("spiffe://" + domain + "/")));
        }
        var root = ProxySettings.metadata(node, "TLS_SERVER_ROOT_CERT");
        var context =
                CommonTlsContext.newBuilder()
                        .addTlsCertificateSdsSecretConfigs(secret(certificate(node)))
                        .setCombinedValidationContext(
                                CommonTlsContext.CombinedCertificateValidationContext.newBuilder()
                                        .setDefaultValidationContext(validation)
                                        .setValidationContextSdsSecretConfig(
                                                secret(
                                                        root.isEmpty()
                                                                ? ROOTS
                                                                : "file-root:" + root)))
                        .addAlpnProtocols("h2")
                        .setTlsParams(parameters(scope.model().settings().compliance()));
        return DownstreamTlsContext.newBuilder()
                .setCommonTlsContext(context)
                .setRequireClientCertificate(Protos.bool(true))
                .build();
    }

    /// Files that the proxy's pod mounts, if it says so; they are still served over SDS.
    private static String certificate(WaypointNode node) {
        var chain = ProxySettings.metadata(node, "TLS_SERVER_CERT_CHAIN");
        var key = ProxySettings.metadata(node, "TLS_SERVER_KEY");
        return chain.isEmpty() || key.isEmpty() ? OWN : "file-cert:" + chain + "~" + key;
    }

    private static Set<String> trustDomains(WaypointScope scope) {
        if (scope.model().settings().skipTrustDomain()) {
            return Set.of();
        }
        var mesh = scope.model().input().mesh();
        var domains = new LinkedHashSet<String>();
        domains.add(mesh.trustDomain());
        domains.addAll(mesh.traffic().trustDomainAliases());
        domains.addAll(mesh.traffic().caTrustDomains());
        domains.remove("");
        return domains;
    }

    private static TlsParameters parameters(Compliance compliance) {
        var tls13 =
                TlsParameters.newBuilder()
                        .setTlsMinimumProtocolVersion(TlsProtocol.TLSv1_3)
                        .setTlsMaximumProtocolVersion(TlsProtocol.TLSv1_3);
        return switch (compliance) {
            case NONE -> tls13.build();
            // As istiod, for what was certified then.
            case FIPS ->
                    tls13.setTlsMinimumProtocolVersion(TlsProtocol.TLSv1_2)
                            .setTlsMaximumProtocolVersion(TlsProtocol.TLSv1_2)
                            .build();
            case PQC ->
                    tls13.addAllCipherSuites(
                                    List.of(
                                            "ECDHE-ECDSA-AES128-GCM-SHA256",
                                            "ECDHE-RSA-AES128-GCM-SHA256",
                                            "ECDHE-ECDSA-AES256-GCM-SHA384",
                                            "ECDHE-RSA-AES256-GCM-SHA384"))
                            .addEcdhCurves("X25519MLKEM768")
                            .build();
        };
    }

    /// From the agent beside the proxy.
    private static SdsSecretConfig secret(String name) {
        var agent =
                ApiConfigSource.newBuilder()
                        .setApiType(ApiConfigSource.ApiType.GRPC)
                        .setTransportApiVersion(ApiVersion.V3)
                        .setSetNodeOnFirstMessageOnly(true)
                        .addGrpcServices(
                                GrpcService.newBuilder()
                                        .setEnvoyGrpc(
                                                GrpcService.EnvoyGrpc.newBuilder()
                                                        .setClusterName("sds-grpc")));
        return SdsSecretConfig.newBuilder()
                .setName(name)
                .setSdsConfig(
                        ConfigSource.newBuilder()
                                .setResourceApiVersion(ApiVersion.V3)
                                .setApiConfigSource(agent)
                                .setInitialFetchTimeout(Duration.getDefaultInstance()))
                .build();
    }
}
