package dev.ambit.waypoint.xds.secret;

import com.google.protobuf.ByteString;
import dev.ambit.waypoint.pool.Secrets;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;

/// `Secret` of SDS.
public final class SecretCompiler {
    private SecretCompiler() {}

    public static Secrets.Secret compile(Secret secret) throws Refused {
        return switch (secret.getTypeCase()) {
            case TLS_CERTIFICATE -> {
                var certificate = secret.getTlsCertificate();
                if (certificate.hasPrivateKeyProvider() || certificate.hasPkcs12()) {
                    throw new Refused(
                            "tls_certificate", "private_key_provider or pkcs12", "PEM texts");
                }
                yield new Secrets.Secret.Certificate(
                        text(
                                "tls_certificate.certificate_chain",
                                certificate.getCertificateChain()),
                        text("tls_certificate.private_key", certificate.getPrivateKey()));
            }
            case VALIDATION_CONTEXT -> {
                var context = secret.getValidationContext();
                yield new Secrets.Secret.Roots(
                        text("validation_context.trusted_ca", context.getTrustedCa()),
                        context.hasCrl() ? text("validation_context.crl", context.getCrl()) : "");
            }
            default ->
                    throw new Refused(
                            "type",
                            secret.getTypeCase().name(),
                            "tls_certificate or validation_context");
        };
    }

    /// The value is never shown: it may be a key.
    private static String text(String field, DataSource source) throws Refused {
        var text =
                switch (source.getSpecifierCase()) {
                    case INLINE_BYTES -> source.getInlineBytes();
                    case INLINE_STRING -> ByteString.copyFromUtf8(source.getInlineString());
                    default ->
                            throw new Refused(
                                    field, source.getSpecifierCase().name(), "inline_bytes");
                };
        if (text.isEmpty()) {
            throw new Refused(field, "", "PEM text");
        }
        return text.toStringUtf8();
    }
}
