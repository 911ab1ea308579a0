package dev.ambit.control.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.ControlSettings;
import dev.ambit.control.TestMesh;
import dev.ambit.control.Yaml;
import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.token.Account;
import dev.ambit.identity.proto.IstioCertificateRequest;
import dev.ambit.identity.proto.IstioCertificateServiceGrpc;
import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateServerTest {
    private static final String WEB = "spiffe://cluster.local/ns/shop/sa/web";
    private static final String CART = "spiffe://cluster.local/ns/shop/sa/cart";
    private static final Account SHOP_WEB = new Account("shop", "web");

    @TempDir private Path directory = Path.of(".");
    private MeshModel model = MeshModel.empty();
    private @Nullable TestMesh mesh;
    private @Nullable Server server;
    private @Nullable ManagedChannel channel;

    @BeforeEach
    void serve() throws Exception {
        mesh = new TestMesh(directory);
        model =
                mesh.compile(
                        Yaml.pod("web-1", "web", "node-1", "10.1.1.1"),
                        Yaml.pod("cart-1", "cart", "node-2", "10.1.2.1"));
        // Says what it was asked for, in place of certificates.
        CertificateSigner signer =
                (csr, id, ttl) -> {
                    if (csr.equals("bad")) {
                        throw new CertificateSigner.SigningFault("csr: signature is wrong");
                    }
                    return List.of(id.uri(), ttl.toString());
                };
        var service =
                new CertificateServer(
                        signer,
                        () -> model,
                        Set.of(ControlSettings.ZTUNNEL),
                        new CertificateServer.Limits(Duration.ofHours(24), 1_000));
        var name = InProcessServerBuilder.generateName();
        server =
                InProcessServerBuilder.forName(name)
                        .directExecutor()
                        .addService(ServerInterceptors.intercept(service, mesh.interceptor()))
                        .build()
                        .start();
        channel = InProcessChannelBuilder.forName(name).build();
    }

    @AfterEach
    void stop() {
        Objects.requireNonNull(channel).shutdownNow();
        Objects.requireNonNull(server).shutdownNow();
    }

    @Test
    void node_podOnIt_granted() {
        assertThat(ask(mesh().ztunnel("node-1"), request(WEB))).containsExactly(WEB, "PT1H");
    }

    @Test
    void node_podElsewhere_deniedWithNode() {
        var status = refused(mesh().ztunnel("node-2"), request(WEB));

        assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(status.getDescription()).contains(WEB, "no pod with it runs", "node-2");
    }

    @Test
    void node_podMoved_decidedByTheNewestState() throws Exception {
        model = mesh().compile(Yaml.pod("web-1", "web", "node-2", "10.1.2.9"));

        assertThat(ask(mesh().ztunnel("node-2"), request(WEB))).contains(WEB);
    }

    @Test
    void node_ownIdentity_granted() {
        assertThat(ask(mesh().ztunnel("node-1"), request("")))
                .contains("spiffe://cluster.local/ns/istio-system/sa/ztunnel");
    }

    @Test
    void workload_own_granted() {
        var token = mesh().token(SHOP_WEB, "web-1", "node-1");

        assertThat(ask(token, request(""))).contains(WEB);
        assertThat(ask(token, request(WEB))).contains(WEB);
    }

    @Test
    void workload_another_denied() {
        var status = refused(mesh().token(SHOP_WEB, "web-1", "node-2"), request(CART));

        assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(status.getDescription())
                .contains("shop/web is not one of the trusted node accounts");
    }

    @Test
    void node_otherTrustDomain_denied() {
        var foreign = "spiffe://elsewhere/ns/shop/sa/web";

        assertThat(refused(mesh().ztunnel("node-1"), request(foreign)).getDescription())
                .contains("trust domain is not cluster.local");
    }

    @Test
    void node_notAnIdentity_invalid() {
        assertThat(refused(mesh().ztunnel("node-1"), request("web")).getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @Test
    void caller_withoutToken_unauthenticated() {
        assertThat(refused(TestMesh.bearer("nonsense"), request(WEB)).getCode())
                .isEqualTo(Status.Code.UNAUTHENTICATED);
    }

    @Test
    void request_badCsr_invalidWithTheSignersReason() {
        var status =
                refused(mesh().ztunnel("node-1"), request(WEB).toBuilder().setCsr("bad").build());

        assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(status.getDescription()).contains("csr: signature is wrong");
    }

    @Test
    void request_largeOrEmptyCsr_invalid() {
        var large = request(WEB).toBuilder().setCsr("x".repeat(1_001)).build();

        assertThat(refused(mesh().ztunnel("node-1"), large).getDescription()).contains("1001");
        assertThat(
                        refused(
                                        mesh().ztunnel("node-1"),
                                        request(WEB).toBuilder().clearCsr().build())
                                .getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @Test
    void request_longValidity_cut() {
        var request = request(WEB).toBuilder().setValidityDuration(1_000_000).build();

        assertThat(ask(mesh().ztunnel("node-1"), request)).contains("PT24H");
    }

    private TestMesh mesh() {
        return Objects.requireNonNull(mesh);
    }

    private List<String> ask(CallCredentials token, IstioCertificateRequest request) {
        return IstioCertificateServiceGrpc.newBlockingStub(Objects.requireNonNull(channel))
                .withCallCredentials(token)
                .createCertificate(request)
                .getCertChainList();
    }

    private Status refused(CallCredentials token, IstioCertificateRequest request) {
        return catchThrowableOfType(StatusRuntimeException.class, () -> ask(token, request))
                .getStatus();
    }

    private static IstioCertificateRequest request(String identity) {
        var request = IstioCertificateRequest.newBuilder().setCsr("csr").setValidityDuration(3600);
        if (!identity.isEmpty()) {
            request.setMetadata(
                    Struct.newBuilder()
                            .putFields(
                                    "ImpersonatedIdentity",
                                    Value.newBuilder().setStringValue(identity).build()));
        }
        return request.build();
    }
}
