package dev.ambit.identity.ca;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.identity.CertificateSource;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.proto.IstioCertificateRequest;
import dev.ambit.identity.proto.IstioCertificateServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// `IstioCertificateService.CreateCertificate`, on behalf of the pods of this node, or for this
/// process's own identity. Virtual threads.
public final class CaClient implements CertificateSource {
    private static final String IMPERSONATED = "ImpersonatedIdentity";

    private final Channels channels;
    private final BearerToken token;
    private final IdentityLimits limits;
    private final boolean impersonating;

    /// Gives a channel for each call, so that a replaced root file takes effect.
    public interface Channels {
        ManagedChannel channel() throws IOException;
    }

    public CaClient(Channels channels, BearerToken token, IdentityLimits limits) {
        this(channels, token, limits, true);
    }

    /// @param impersonating names the identity that is wanted; else the CA takes the token's
    public CaClient(
            Channels channels, BearerToken token, IdentityLimits limits, boolean impersonating) {
        this.channels = channels;
        this.token = token;
        this.limits = limits;
        this.impersonating = impersonating;
    }

    @Override
    public WorkloadCertificate fetch(SpiffeId id) throws CaFault {
        var request = KeyAndCsr.forIdentity(id);
        return CertificateAnswer.read(id, request.keys(), ask(id, request.pem()));
    }

    private List<String> ask(SpiffeId id, String csr) throws CaFault {
        try {
            Metadata headers = token.headers();
            var message =
                    IstioCertificateRequest.newBuilder()
                            .setCsr(csr)
                            .setValidityDuration(limits.certificateTtl().toSeconds());
            if (impersonating) {
                var wanted = Value.newBuilder().setStringValue(id.uri());
                message.setMetadata(Struct.newBuilder().putFields(IMPERSONATED, wanted.build()));
            }
            return IstioCertificateServiceGrpc.newBlockingStub(channels.channel())
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                    .withDeadlineAfter(limits.callDeadline().toMillis(), TimeUnit.MILLISECONDS)
                    .createCertificate(message.build())
                    .getCertChainList();
        } catch (StatusRuntimeException refused) {
            throw fault(id, refused.getStatus());
        } catch (IOException local) {
            throw new CaFault(CaFault.Kind.LOCAL, "before asking the CA: " + local.getMessage());
        }
    }

    private static CaFault fault(SpiffeId id, Status status) {
        var said = status.getDescription() == null ? "" : ": " + status.getDescription();
        return switch (status.getCode()) {
            case UNAUTHENTICATED ->
                    new CaFault(
                            CaFault.Kind.UNAUTHENTICATED,
                            "the CA does not accept this node's token (expired?)" + said);
            case PERMISSION_DENIED ->
                    new CaFault(
                            CaFault.Kind.REFUSED, "the CA refuses a certificate for " + id + said);
            default ->
                    new CaFault(
                            CaFault.Kind.UNAVAILABLE,
                            "CA: " + status.getCode() + said + cause(status));
        };
    }

    private static String cause(Status status) {
        return status.getCause() == null ? "" : " (" + status.getCause().getMessage() + ")";
    }
}
