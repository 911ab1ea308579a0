package dev.ambit.control.l7.cluster;

import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.resource.MeshConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/// TLS of HBONE tunnels, of both ends: TLS 1.3, the mesh's certificates, identities of known trust
/// domains.
public final class HboneTls {
    private static final String SPIFFE = "spiffe://";

    private HboneTls() {}

    /// @param identities besides: prefixes of SPIFFE URIs, any of which is good enough
    public static CommonTlsContext context(WaypointScope scope, List<String> identities) {
        var settings = scope.model().settings();
        var prefixes = new ArrayList<String>();
        trustDomains(scope.model().input().mesh(), settings)
                .forEach(d -> prefixes.add(SPIFFE + d + "/"));
        prefixes.addAll(identities);
        var validation = CertificateValidationContext.newBuilder();
        for (var prefix : prefixes) {
            validation.addMatchTypedSubjectAltNames(
                    SubjectAltNameMatcher.newBuilder()
                            .setSanType(SubjectAltNameMatcher.SanType.URI)
                            .setMatcher(StringMatcher.newBuilder().setPrefix(prefix)));
        }
        var context =
                CommonTlsContext.newBuilder()
                        .setTlsParams(
                                TlsParameters.newBuilder()
                                        .setTlsMinimumProtocolVersion(
                                                TlsParameters.TlsProtocol.TLSv1_3)
                                        .setTlsMaximumProtocolVersion(
                                                TlsParameters.TlsProtocol.TLSv1_3))
                        .addTlsCertificateSdsSecretConfigs(Sds.mesh(Sds.OWN))
                        .setCombinedValidationContext(
                                CombinedCertificateValidationContext.newBuilder()
                                        .setDefaultValidationContext(validation)
                                        .setValidationContextSdsSecretConfig(Sds.mesh(Sds.ROOTS)))
                        .addAlpnProtocols("h2");
        Compliance.enforce(settings.compliance(), context);
        return context.build();
    }

    /// That of the mesh, its aliases and those that its roots vouch for; none when they are not
    /// looked at.
    public static List<String> trustDomains(MeshConfig mesh, L7Settings settings) {
        if (settings.skipTrustDomain()) {
            return List.of();
        }
        var domains = new LinkedHashSet<String>();
        domains.add(mesh.trustDomain());
        domains.addAll(mesh.traffic().trustDomainAliases());
        domains.addAll(mesh.traffic().caTrustDomains());
        domains.remove("");
        return List.copyOf(domains);
    }
}
