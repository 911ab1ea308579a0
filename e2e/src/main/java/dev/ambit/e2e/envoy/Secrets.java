package dev.ambit.e2e.envoy;

import com.google.protobuf.Any;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.secret.v3.SecretDiscoveryServiceGrpc;
import io.grpc.stub.StreamObserver;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/// What Istio's agent serves to the Envoy beside it: the workload's certificate as `default`, the
/// roots as `ROOTCA`, and files. Here every file of roots holds the mesh's root, and every file of
/// a certificate the workload's.
final class Secrets extends SecretDiscoveryServiceGrpc.SecretDiscoveryServiceImplBase {
    private static final Duration TTL = Duration.ofHours(1);

    private final String roots;
    private final String chain;
    private final String key;

    Secrets(LocalAuthority authority, SpiffeId id) throws CertificateException {
        var csr = KeyAndCsr.forIdentity(id);
        var signed = authority.sign(csr.pem(), id, TTL);
        this.chain = String.join("", signed);
        this.key = Pem.encode("PRIVATE KEY", csr.keys().getPrivate().getEncoded());
        this.roots = authority.trustPem();
    }

    @Override
    public StreamObserver<DiscoveryRequest> streamSecrets(StreamObserver<DiscoveryResponse> out) {
        var versions = new AtomicInteger();
        return new StreamObserver<>() {
            @Override
            public void onNext(DiscoveryRequest request) {
                if (!request.getResponseNonce().isEmpty()) {
                    return;
                }
                var version = String.valueOf(versions.incrementAndGet());
                var response =
                        DiscoveryResponse.newBuilder()
                                .setTypeUrl(request.getTypeUrl())
                                .setVersionInfo(version)
                                .setNonce(version);
                request.getResourceNamesList()
                        .forEach(name -> response.addResources(Any.pack(secret(name))));
                out.onNext(response.build());
            }

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onCompleted() {
                out.onCompleted();
            }
        };
    }

    private Secret secret(String name) {
        var secret = Secret.newBuilder().setName(name);
        if (name.equals("default") || name.startsWith("file-cert:")) {
            secret.setTlsCertificate(
                    TlsCertificate.newBuilder()
                            .setCertificateChain(inline(chain))
                            .setPrivateKey(inline(key)));
        } else {
            secret.setValidationContext(
                    CertificateValidationContext.newBuilder().setTrustedCa(inline(roots)));
        }
        return secret.build();
    }

    private static DataSource inline(String text) {
        return DataSource.newBuilder().setInlineString(text).build();
    }
}
