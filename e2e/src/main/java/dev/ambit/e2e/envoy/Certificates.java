package dev.ambit.e2e.envoy;

import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.identity.proto.IstioCertificateRequest;
import dev.ambit.identity.proto.IstioCertificateResponse;
import dev.ambit.identity.proto.IstioCertificateServiceGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.security.cert.CertificateException;
import java.time.Duration;

/// Signs for the one waypoint of the lab.
final class Certificates extends IstioCertificateServiceGrpc.IstioCertificateServiceImplBase {
    private static final Duration TTL = Duration.ofHours(1);

    private final LocalAuthority authority;
    private final SpiffeId id;

    Certificates(LocalAuthority authority, SpiffeId id) {
        this.authority = authority;
        this.id = id;
    }

    @Override
    public void createCertificate(
            IstioCertificateRequest request, StreamObserver<IstioCertificateResponse> response) {
        try {
            response.onNext(
                    IstioCertificateResponse.newBuilder()
                            .addAllCertChain(authority.sign(request.getCsr(), id, TTL))
                            .build());
            response.onCompleted();
        } catch (CertificateException refused) {
            response.onError(
                    Status.INVALID_ARGUMENT
                            .withDescription(refused.getMessage())
                            .asRuntimeException());
        }
    }
}
