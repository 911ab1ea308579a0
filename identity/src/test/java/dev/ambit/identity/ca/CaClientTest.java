package dev.ambit.identity.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.PeerIdentity;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.proto.IstioCertificateRequest;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Against a CA on a loopback port that answers what each test says.
@Timeout(60)
class CaClientTest {
    private static final SpiffeId WEB = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/web");
    private static final SpiffeId CART = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/cart");
    private static final Duration HOUR = Duration.ofHours(1);

    private final LocalAuthority authority = authority("one");

    @TempDir Path directory;
    private TestCa ca;
    private CaClient client;

    private static LocalAuthority authority(String name) {
        return LocalAuthority.create(name, Clock.systemUTC(), Duration.ofDays(1));
    }

    @BeforeEach
    void start() throws IOException {
        ca = new TestCa(authority, directory.resolve("roots.pem"), asked -> sign(asked, WEB));
        Files.writeString(token(), "first\n");
        client =
                new CaClient(
                        ca::channel,
                        new BearerToken(Optional.of(token()), "Kubernetes"),
                        IdentityLimits.defaults());
    }

    @AfterEach
    void stop() throws InterruptedException {
        ca.close();
    }

    private Path token() {
        return directory.resolve("token");
    }

    private List<String> sign(IstioCertificateRequest asked, SpiffeId id) {
        return sign(authority, asked.getCsr(), id);
    }

    private static List<String> sign(LocalAuthority by, String csr, SpiffeId id) {
        try {
            return by.sign(csr, id, HOUR);
        } catch (CertificateException broken) {
            throw new AssertionError(broken);
        }
    }

    private CaFault fault() {
        var fault = catchThrowableOfType(CaFault.class, () -> client.fetch(WEB));
        assertThat(fault).isNotNull();
        return fault;
    }

    private void assertBadAnswer(String text) {
        var fault = fault();
        assertThat(fault.kind()).isEqualTo(CaFault.Kind.BAD_ANSWER);
        assertThat(fault.text()).startsWith("bad answer from the CA: ").contains(text);
    }

    private static String header(Metadata headers, String name) {
        var value = headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
        return value == null ? "none" : value;
    }

    @Test
    void withoutImpersonation_nobodyIsNamed() throws Exception {
        var own =
                new CaClient(
                        ca::channel,
                        new BearerToken(Optional.of(token()), "Kubernetes"),
                        IdentityLimits.defaults(),
                        false);

        assertThat(own.fetch(WEB).id()).isEqualTo(WEB);

        assertThat(ca.requests.element().hasMetadata()).isFalse();
    }

    @Test
    void fetch_asksOnBehalfOfTheIdentity_andGivesItsCertificate() throws Exception {
        var certificate = client.fetch(WEB);

        assertThat(certificate.id()).isEqualTo(WEB);
        assertThat(PeerIdentity.of(certificate.leaf())).containsExactly(WEB);
        assertThat(certificate.chain()).hasSize(1);
        assertThat(certificate.trust()).isEqualTo(authority.trust());

        var request = ca.requests.element();
        assertThat(request.getValidityDuration()).isEqualTo(Duration.ofHours(24).toSeconds());
        assertThat(request.getMetadata().getFieldsOrThrow("ImpersonatedIdentity").getStringValue())
                .isEqualTo(WEB.uri());
        assertThat(header(ca.headers.element(), "authorization")).isEqualTo("Bearer first");
        assertThat(header(ca.headers.element(), "clusterid")).isEqualTo("Kubernetes");
    }

    @Test
    void eachFetch_hasAKeyOfItsOwn() throws Exception {
        assertThat(client.fetch(WEB).leaf().getPublicKey())
                .isNotEqualTo(client.fetch(WEB).leaf().getPublicKey());
    }

    @Test
    void rotatedToken_isReadAnew() throws Exception {
        client.fetch(WEB);
        Files.writeString(token(), "second");
        client.fetch(WEB);

        assertThat(ca.headers)
                .extracting(headers -> header(headers, "authorization"))
                .containsExactly("Bearer first", "Bearer second");
    }

    @Test
    void missingOrEmptyToken_isALocalFault_andTheCaIsNotAsked() throws Exception {
        Files.writeString(token(), "\n");
        var empty = fault();
        Files.delete(token());
        var missing = fault();

        assertThat(empty.kind()).isEqualTo(CaFault.Kind.LOCAL);
        assertThat(empty.text()).contains(token().toString(), "is empty");
        assertThat(missing.kind()).isEqualTo(CaFault.Kind.LOCAL);
        assertThat(missing.text()).contains(token().toString());
        assertThat(ca.requests).isEmpty();
    }

    @Test
    void refusedIdentity_isNamedWithTheCasWords() {
        ca.answer =
                _ -> {
                    throw Status.PERMISSION_DENIED
                            .withDescription("no such pod on this node")
                            .asException();
                };

        var fault = fault();

        assertThat(fault.kind()).isEqualTo(CaFault.Kind.REFUSED);
        assertThat(fault.text()).contains(WEB.uri(), "no such pod on this node");
    }

    @Test
    void expiredToken_isSaidToBeTheLikelyCause() {
        ca.answer =
                _ -> {
                    throw Status.UNAUTHENTICATED.withDescription("token expired").asException();
                };

        var fault = fault();

        assertThat(fault.kind()).isEqualTo(CaFault.Kind.UNAUTHENTICATED);
        assertThat(fault.text()).contains("this node's token", "token expired");
    }

    @Test
    void caAway_isUnavailable_namingWhatWasTried() throws Exception {
        ca.away();

        var fault = fault();

        assertThat(fault.kind()).isEqualTo(CaFault.Kind.UNAVAILABLE);
        assertThat(fault.text()).contains("UNAVAILABLE");
    }

    @Test
    void caUnderAnotherRoot_isUnavailable_andIsNotAsked() throws Exception {
        try (var stranger =
                new TestCa(authority("two"), directory.resolve("other.pem"), a -> sign(a, WEB))) {
            Files.writeString(directory.resolve("other.pem"), authority.trustPem());
            int port = stranger.port();
            var loop = GrpcTls.controlLoop();
            var channel = GrpcTls.channel("127.0.0.1", port, directory.resolve("other.pem"), loop);
            client =
                    new CaClient(
                            () -> channel,
                            new BearerToken(Optional.empty(), "Kubernetes"),
                            IdentityLimits.defaults());

            var fault = fault();
            channel.shutdownNow();
            loop.shutdownGracefully();

            assertThat(fault.kind()).isEqualTo(CaFault.Kind.UNAVAILABLE);
            assertThat(stranger.requests).isEmpty();
        }
    }

    @Test
    void answerWithoutRoots_isRefused() {
        ca.answer = asked -> sign(asked, WEB).subList(0, 1);
        assertBadAnswer("no root certificate present: 1 elements");

        ca.answer = _ -> List.of();
        assertBadAnswer("no root certificate present: 0 elements");
    }

    @Test
    void leafNotFirst_orMissing_isRefused() {
        ca.answer =
                asked -> {
                    var chain = sign(asked, WEB);
                    return List.of(authority.trustPem(), chain.getFirst(), chain.getLast());
                };
        assertBadAnswer("for another key (expected: the leaf first)");

        ca.answer = _ -> List.of(authority.trustPem(), authority.trustPem());
        assertBadAnswer("for another key (expected: the leaf first)");
    }

    @Test
    void intermediateThatDidNotIssueTheLeaf_isRefused() {
        ca.answer =
                asked -> {
                    var chain = sign(asked, WEB);
                    return List.of(chain.getFirst(), authority("two").trustPem(), chain.getLast());
                };

        assertBadAnswer("chain in the wrong order: element 1 did not issue element 0");
    }

    @Test
    void certificateForAnotherKey_isRefused() {
        ca.answer = _ -> sign(authority, KeyAndCsr.forIdentity(WEB).pem(), WEB);

        assertBadAnswer("for another key");
    }

    @Test
    void certificateOfAnotherIdentity_isRefused_namingBoth() throws Exception {
        var request = KeyAndCsr.forIdentity(CART);
        var chain = sign(authority, request.pem(), CART);

        var fault =
                catchThrowableOfType(
                        CaFault.class, () -> CertificateAnswer.read(WEB, request.keys(), chain));

        assertThat(fault.kind()).isEqualTo(CaFault.Kind.BAD_ANSWER);
        assertThat(fault.text()).contains(CART.uri(), "expected: " + WEB.uri());
    }

    @Test
    void garbageInsteadOfPem_isRefused() {
        var broken = "-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n";
        var noCertificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        var unfinished = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        for (var garbage : List.of("", "hello", broken, noCertificate, unfinished)) {
            ca.answer = asked -> List.of(garbage, sign(asked, WEB).getLast());
            assertBadAnswer("chain: ");
            ca.answer = asked -> List.of(sign(asked, WEB).getFirst(), garbage);
            assertBadAnswer("roots: ");
        }
    }

    @Test
    void severalRoots_areAllBelieved() throws Exception {
        var other = authority("two");
        ca.answer =
                asked ->
                        List.of(
                                sign(asked, WEB).getFirst(),
                                authority.trustPem() + other.trustPem());

        assertThat(client.fetch(WEB).trust().roots())
                .containsExactly(
                        authority.trust().roots().getFirst(), other.trust().roots().getFirst());
    }
}
