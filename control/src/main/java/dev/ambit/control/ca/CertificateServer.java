package dev.ambit.control.ca;

import com.google.protobuf.Value;
import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.token.Account;
import dev.ambit.control.token.Caller;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.proto.IstioCertificateRequest;
import dev.ambit.identity.proto.IstioCertificateResponse;
import dev.ambit.identity.proto.IstioCertificateServiceGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate authority's service. Callers were authenticated before they get here.
public final class CertificateServer
        extends IstioCertificateServiceGrpc.IstioCertificateServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateServer.class);
    private static final String IMPERSONATED = "ImpersonatedIdentity";

    private final CertificateSigner signer;
    private final CertificateRules rules;
    private final Limits limits;
    private final LongAdder issued = new LongAdder();
    private final LongAdder refused = new LongAdder();

    /// @param ttl longest validity; also used where none is asked for
    public record Limits(Duration ttl, int csrBytes) {}

    /// @param mesh the newest state, asked at each request
    public CertificateServer(
            CertificateSigner signer,
            Supplier<MeshModel> mesh,
            Set<Account> trustedNodeAccounts,
            Limits limits) {
        this.signer = signer;
        this.rules = new CertificateRules(mesh, trustedNodeAccounts);
        this.limits = limits;
    }

    /// Totals by metric name.
    public Map<String, Long> metrics() {
        return new TreeMap<>(
                Map.of(
                        "ambit_control_certificates_issued_total", issued.sum(),
                        "ambit_control_certificates_refused_total", refused.sum()));
    }

    @Override
    public void createCertificate(
            IstioCertificateRequest request, StreamObserver<IstioCertificateResponse> response) {
        var caller = Caller.current();
        if (request.getCsr().isEmpty() || request.getCsr().length() > limits.csrBytes()) {
            var length = "csr of " + request.getCsr().length() + " characters";
            refuse(response, caller, Status.INVALID_ARGUMENT, length + " (expected: a PEM text)");
            return;
        }
        switch (rules.decide(caller, impersonated(request))) {
            case CertificateRules.Decision.Granted(var id) -> sign(request, response, caller, id);
            case CertificateRules.Decision.Denied(var reason) ->
                    refuse(response, caller, Status.PERMISSION_DENIED, reason);
            case CertificateRules.Decision.Malformed(var reason) ->
                    refuse(response, caller, Status.INVALID_ARGUMENT, reason);
        }
    }

    private void sign(
            IstioCertificateRequest request,
            StreamObserver<IstioCertificateResponse> response,
            Caller caller,
            SpiffeId id) {
        try {
            var chain = signer.sign(request.getCsr(), id, ttl(request.getValidityDuration()));
            issued.increment();
            LOG.info("ca: {} for {}", id, caller);
            response.onNext(IstioCertificateResponse.newBuilder().addAllCertChain(chain).build());
            response.onCompleted();
        } catch (CertificateSigner.SigningFault e) {
            refuse(
                    response,
                    caller,
                    Status.INVALID_ARGUMENT,
                    "identity " + id + ": " + e.getMessage());
        }
    }

    private Duration ttl(long seconds) {
        var most = limits.ttl();
        return seconds <= 0 || seconds > most.toSeconds() ? most : Duration.ofSeconds(seconds);
    }

    /// Absent and empty mean the caller's own; a value that is no text can't be an identity.
    private static Optional<String> impersonated(IstioCertificateRequest request) {
        var value = request.getMetadata().getFieldsMap().get(IMPERSONATED);
        if (value == null) {
            return Optional.empty();
        }
        if (value.getKindCase() != Value.KindCase.STRING_VALUE) {
            return Optional.of("(" + value.getKindCase() + ")");
        }
        return Optional.of(value.getStringValue()).filter(s -> !s.isEmpty());
    }

    private void refuse(
            StreamObserver<IstioCertificateResponse> response,
            Caller caller,
            Status status,
            String reason) {
        refused.increment();
        LOG.warn("ca: {} refused: {}: {}", caller, status.getCode(), reason);
        response.onError(status.withDescription(reason).asRuntimeException());
    }
}
