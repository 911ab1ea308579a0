package dev.ambit.control.l7.cluster;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.resource.traffic.ClientTls;
import dev.ambit.control.resource.traffic.MeshTraffic;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.List;

/// TLS that a rule wants spoken with a destination, inside the tunnel where there is one.
///
/// @param credentialSocket the pod has a socket for credentials
/// @param fileSocket the pod has a process that serves files
record UpstreamTls(
        MeshTraffic mesh,
        L7Settings.Compliance compliance,
        boolean credentialSocket,
        boolean fileSocket) {
    private static final String H2 = "h2";
    private static final String SYSTEM = "system";
    private static final List<String> MESH_ALPN = List.of("istio-peer-exchange", "istio");

    /// `SIMPLE` and `MUTUAL`.
    UpstreamTlsContext originate(ClusterDraft draft, ClientTls tls) {
        return originate(draft, tls, tls.subjectAltNames());
    }

    /// @param proven names any of which the server must prove; the rule's own or, without those,
    ///   what the service says of itself
    UpstreamTlsContext originate(ClusterDraft draft, ClientTls rule, List<String> proven) {
        names(draft, rule);
        var tls = rule.withSubjectAltNames(proven);
        var context = common();
        if (!tls.credentialName().isEmpty()) {
            credential(context, tls);
        } else {
            files(context, tls);
        }
        var params = context.getTlsParamsBuilder();
        params.addAllEcdhCurves(mesh.tlsDefaults().curves());
        params.addAllCipherSuites(mesh.tlsDefaults().ciphers());
        if (draft.http2()) {
            context.addAlpnProtocols(H2);
        }
        Compliance.enforce(compliance, context);
        return UpstreamTlsContext.newBuilder()
                .setCommonTlsContext(context)
                .setSni(tls.sni())
                .build();
    }

    /// The mesh's own mTLS, with sidecars.
    UpstreamTlsContext mesh(ClusterDraft draft, List<String> identities, String sni) {
        var context = common();
        context.addTlsCertificateSdsSecretConfigs(Sds.mesh(Sds.OWN));
        context.setCombinedValidationContext(
                CombinedCertificateValidationContext.newBuilder()
                        .setDefaultValidationContext(proving(identities))
                        .setValidationContextSdsSecretConfig(Sds.mesh(Sds.ROOTS)));
        context.addAllAlpnProtocols(MESH_ALPN);
        if (draft.http2()) {
            context.addAlpnProtocols(H2);
        }
        Compliance.enforce(compliance, context);
        return UpstreamTlsContext.newBuilder().setCommonTlsContext(context).setSni(sni).build();
    }

    private static CommonTlsContext.Builder common() {
        return CommonTlsContext.newBuilder()
                .setTlsParams(
                        TlsParameters.newBuilder()
                                .setTlsMinimumProtocolVersion(TlsParameters.TlsProtocol.TLSv1_2)
                                .setTlsMaximumProtocolVersion(TlsParameters.TlsProtocol.TLSv1_3));
    }

    private void credential(CommonTlsContext.Builder context, ClientTls tls) {
        var name = tls.credentialName();
        if (tls.mode() == ClientTls.Mode.MUTUAL) {
            context.addTlsCertificateSdsSecretConfigs(
                    Sds.credential(name, false, credentialSocket));
        }
        if (!tls.insecureSkipVerify()) {
            context.setCombinedValidationContext(
                    CombinedCertificateValidationContext.newBuilder()
                            .setDefaultValidationContext(proving(tls.subjectAltNames()))
                            .setValidationContextSdsSecretConfig(
                                    Sds.credential(name, true, credentialSocket)));
        }
    }

    private void files(CommonTlsContext.Builder context, ClientTls tls) {
        if (tls.mode() == ClientTls.Mode.MUTUAL) {
            context.addTlsCertificateSdsSecretConfigs(
                    Sds.file(
                            Sds.certificate(tls.clientCertificate(), tls.privateKey()),
                            fileSocket));
        }
        if (tls.insecureSkipVerify()) {
            context.setValidationContext(CertificateValidationContext.getDefaultInstance());
            return;
        }
        var validation = proving(tls.subjectAltNames());
        if (!tls.caCrl().isEmpty()) {
            validation.setCrl(DataSource.newBuilder().setFilename(tls.caCrl()));
        }
        var roots = tls.caCertificates().isEmpty() ? SYSTEM : tls.caCertificates();
        context.setCombinedValidationContext(
                CombinedCertificateValidationContext.newBuilder()
                        .setDefaultValidationContext(validation)
                        .setValidationContextSdsSecretConfig(
                                Sds.file(Sds.roots(roots), fileSocket)));
    }

    @SuppressWarnings("deprecation") // As istiod sends it; the typed field would be another check.
    private static CertificateValidationContext.Builder proving(List<String> names) {
        var validation = CertificateValidationContext.newBuilder();
        for (var name : names) {
            validation.addMatchSubjectAltNames(StringMatcher.newBuilder().setExact(name));
        }
        return validation;
    }

    /// Without a name to ask for, the request's host is asked for; without names to be proven, that
    /// one must be.
    private static void names(ClusterDraft draft, ClientTls tls) {
        boolean sni = tls.sni().isEmpty();
        boolean proof =
                !tls.insecureSkipVerify()
                        && (draft.dynamic || sni && tls.subjectAltNames().isEmpty());
        if (draft.dynamic && !(sni && proof)) {
            allowOther(draft);
        }
        if (sni || proof) {
            draft.http()
                    .getUpstreamHttpProtocolOptionsBuilder()
                    .setAutoSni(sni)
                    .setAutoSanValidation(proof);
        }
    }

    /// Envoy wants to be told that a dynamic destination is not checked by its own name.
    private static void allowOther(ClusterDraft draft) {
        var type = draft.cluster.getClusterTypeBuilder();
        try {
            var config = type.getTypedConfig().unpack(ClusterConfig.class).toBuilder();
            type.setTypedConfig(Protos.any(config.setAllowInsecureClusterOptions(true).build()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("packed a moment ago", e);
        }
    }
}
