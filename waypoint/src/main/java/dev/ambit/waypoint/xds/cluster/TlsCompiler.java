package dev.ambit.waypoint.xds.cluster;

import dev.ambit.waypoint.pool.TlsClientConfig;
import dev.ambit.waypoint.pool.TlsClientConfig.How;
import dev.ambit.waypoint.pool.TlsClientConfig.SanMatch;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `UpstreamTlsContext`. What would make a check stricter and is not known here is refused.
final class TlsCompiler {
    private static final String TLS_1_2 = "TLSv1.2";
    private static final String TLS_1_3 = "TLSv1.3";

    /// The sidecars' exchange of metadata over bytes: offered, it would have to be spoken.
    private static final String METADATA_EXCHANGE = "istio-peer-exchange";

    /// Names files with CRLs among secrets, as istiod's `file-root:` names files with roots.
    public static final String CRL_FILE = "file-crl:";

    private TlsCompiler() {}

    static TlsClientConfig compile(
            UpstreamTlsContext from, HttpProtocolOptions options, CompileScope scope)
            throws Refused {
        if (from.getAutoHostSni() || from.getAutoSniSanValidation()) {
            throw new Refused(
                    "auto_host_sni, auto_sni_san_validation",
                    "true",
                    "upstream_http_protocol_options.auto_sni and auto_san_validation");
        }
        var auto = options.getUpstreamHttpProtocolOptions();
        if (!auto.getOverrideAutoSniHeader().isEmpty()) {
            throw new Refused(
                    "override_auto_sni_header",
                    auto.getOverrideAutoSniHeader(),
                    "nothing: the authority is what is sent");
        }
        var common = from.getCommonTlsContext();
        var validation = Validation.of(common);
        validation.refuseUnknown();
        validation.secret().ifPresent(scope::needsSecret);
        validation.crl().ifPresent(scope::needsSecret);
        var certificate = certificate(common);
        certificate.ifPresent(scope::needsSecret);
        var params = common.getTlsParams();
        if (params.getEcdhCurvesCount() > 0) {
            scope.skipped("tls_params.ecdh_curves " + params.getEcdhCurvesList());
        }
        return new TlsClientConfig(
                certificate,
                validation.secret(),
                validation.names(),
                from.getSni(),
                auto.getAutoSni(),
                auto.getAutoSanValidation(),
                alpn(common),
                version(
                        "tls_minimum_protocol_version",
                        params.getTlsMinimumProtocolVersion(),
                        TLS_1_2),
                version(
                        "tls_maximum_protocol_version",
                        params.getTlsMaximumProtocolVersion(),
                        TLS_1_3),
                List.copyOf(params.getCipherSuitesList()),
                validation.crl());
    }

    private static List<String> alpn(CommonTlsContext from) {
        var offered = new ArrayList<String>();
        for (var protocol : from.getAlpnProtocolsList()) {
            if (!protocol.equals(METADATA_EXCHANGE)) {
                offered.add(protocol);
            }
        }
        return List.copyOf(offered);
    }

    private static String version(String field, TlsParameters.TlsProtocol value, String auto)
            throws Refused {
        return switch (value) {
            case TLS_AUTO -> auto;
            case TLSv1_2 -> TLS_1_2;
            case TLSv1_3 -> TLS_1_3;
            case TLSv1_0, TLSv1_1, UNRECOGNIZED ->
                    throw new Refused(field, value.toString(), "TLSv1_2 or TLSv1_3");
        };
    }

    private static Optional<String> certificate(CommonTlsContext from) throws Refused {
        if (from.getTlsCertificatesCount() > 0) {
            throw new Refused(
                    "tls_certificates", "a certificate", "tls_certificate_sds_secret_configs");
        }
        return from.getTlsCertificateSdsSecretConfigsList().isEmpty()
                ? Optional.empty()
                : Optional.of(
                        name(
                                "tls_certificate_sds_secret_configs",
                                from.getTlsCertificateSdsSecretConfigs(0)));
    }

    private static String name(String field, SdsSecretConfig from) throws Refused {
        if (from.getName().isEmpty()) {
            throw new Refused(field, "", "the name of a secret");
        }
        return from.getName();
    }

    /// What is checked of the peer's certificate.
    ///
    /// @param secret with the roots
    /// @param inline what else is checked
    private record Validation(Optional<String> secret, CertificateValidationContext inline) {
        static Validation of(CommonTlsContext from) throws Refused {
            return switch (from.getValidationContextTypeCase()) {
                case VALIDATION_CONTEXT ->
                        new Validation(Optional.empty(), from.getValidationContext());
                case VALIDATION_CONTEXT_SDS_SECRET_CONFIG ->
                        new Validation(
                                Optional.of(
                                        name(
                                                "validation_context_sds_secret_config",
                                                from.getValidationContextSdsSecretConfig())),
                                CertificateValidationContext.getDefaultInstance());
                case COMBINED_VALIDATION_CONTEXT ->
                        new Validation(
                                Optional.of(
                                        name(
                                                "combined_validation_context",
                                                from.getCombinedValidationContext()
                                                        .getValidationContextSdsSecretConfig())),
                                from.getCombinedValidationContext().getDefaultValidationContext());
                case VALIDATIONCONTEXTTYPE_NOT_SET ->
                        new Validation(
                                Optional.empty(),
                                CertificateValidationContext.getDefaultInstance());
                default ->
                        throw new Refused(
                                "validation_context_type",
                                from.getValidationContextTypeCase().toString(),
                                "a secret by SDS");
            };
        }

        void refuseUnknown() throws Refused {
            refuse("trusted_ca", inline.hasTrustedCa());
            refuse("ca_certificate_provider_instance", inline.hasCaCertificateProviderInstance());
            refuse("system_root_certs", inline.hasSystemRootCerts());
            refuse("verify_certificate_spki", inline.getVerifyCertificateSpkiCount() > 0);
            refuse("verify_certificate_hash", inline.getVerifyCertificateHashCount() > 0);
            refuse(
                    "require_signed_certificate_timestamp",
                    inline.getRequireSignedCertificateTimestamp().getValue());
            refuse("custom_validator_config", inline.hasCustomValidatorConfig());
            refuse("max_verify_depth", inline.hasMaxVerifyDepth());
            refuse("allow_expired_certificate", inline.getAllowExpiredCertificate());
            refuse(
                    "trust_chain_verification",
                    inline.getTrustChainVerification()
                            != CertificateValidationContext.TrustChainVerification
                                    .VERIFY_TRUST_CHAIN);
            if (secret.isEmpty()) {
                // Names prove nothing without roots.
                refuse("match_typed_subject_alt_names", !names().isEmpty());
            }
        }

        private static void refuse(String field, boolean present) throws Refused {
            if (present) {
                throw new Refused(
                        "validation_context." + field,
                        "present",
                        "roots by SDS, subject alternative names and a CRL");
            }
        }

        @SuppressWarnings("deprecation") // istiod still sends names without a type.
        List<SanMatch> names() throws Refused {
            var all = new ArrayList<SanMatch>();
            for (var matcher : inline.getMatchTypedSubjectAltNamesList()) {
                all.add(match(type(matcher), matcher.getMatcher()));
            }
            for (var matcher : inline.getMatchSubjectAltNamesList()) {
                all.add(match("ANY", matcher));
            }
            return List.copyOf(all);
        }

        private static String type(SubjectAltNameMatcher from) throws Refused {
            return switch (from.getSanType()) {
                case URI -> "URI";
                case DNS -> "DNS";
                case IP_ADDRESS -> "IP";
                case EMAIL, OTHER_NAME, SAN_TYPE_UNSPECIFIED, UNRECOGNIZED ->
                        throw new Refused(
                                "san_type", from.getSanType().toString(), "URI, DNS or IP_ADDRESS");
            };
        }

        private static SanMatch match(String type, StringMatcher from) throws Refused {
            boolean fold = from.getIgnoreCase();
            return switch (from.getMatchPatternCase()) {
                case EXACT -> new SanMatch(type, How.EXACT, from.getExact(), fold);
                case PREFIX -> new SanMatch(type, How.PREFIX, from.getPrefix(), fold);
                case SUFFIX -> new SanMatch(type, How.SUFFIX, from.getSuffix(), fold);
                case CONTAINS -> new SanMatch(type, How.CONTAINS, from.getContains(), fold);
                case SAFE_REGEX ->
                        new SanMatch(type, How.REGEX, from.getSafeRegex().getRegex(), fold);
                case CUSTOM, MATCHPATTERN_NOT_SET ->
                        throw new Refused(
                                "matcher",
                                from.getMatchPatternCase().toString(),
                                "exact, prefix, suffix, contains or safe_regex");
            };
        }

        Optional<String> crl() throws Refused {
            if (!inline.hasCrl()) {
                return Optional.empty();
            }
            if (!inline.getCrl().hasFilename()) {
                throw new Refused("crl", inline.getCrl().getSpecifierCase().toString(), "filename");
            }
            return Optional.of(CRL_FILE + inline.getCrl().getFilename());
        }
    }
}
