package dev.ambit.ztunnel.connections;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.revocation.Revocation;
import dev.ambit.identity.tls.PeerChain;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.PolicySet;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionRegistryTest {
    private static final InetAddress HERE = InetAddress.ofLiteral("10.0.0.2");
    private static final SpiffeId WEB = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/web");

    private final ConnectionRegistry registry = new ConnectionRegistry();
    private final List<String> lines = new ArrayList<>();
    private final Logger logger = Logger.getLogger(ConnectionRegistry.class.getName());
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord entry) {
                    lines.add(entry.getMessage());
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    @BeforeEach
    void capture() {
        logger.addHandler(handler);
    }

    @AfterEach
    void release() {
        logger.removeHandler(handler);
    }

    private static final class Connection implements TrackedConnection {
        private final Optional<SpiffeId> peer;
        private final Optional<PeerChain> chain;
        private final boolean inbound;
        private final List<String> cuts = new ArrayList<>();

        Connection(boolean inbound, Optional<SpiffeId> peer, Optional<PeerChain> chain) {
            this.inbound = inbound;
            this.peer = peer;
            this.chain = chain;
        }

        @Override
        public Summary summary() {
            return new Summary(
                    inbound,
                    new InetSocketAddress(InetAddress.ofLiteral("10.0.0.1"), 4711),
                    Optional.empty(),
                    new InetSocketAddress(HERE, 8080),
                    Workload.TunnelProtocol.HBONE);
        }

        @Override
        public Optional<ConnectionFacts> facts() {
            return inbound
                    ? Optional.of(
                            new ConnectionFacts(
                                    peer, InetAddress.ofLiteral("10.0.0.1"), HERE, 8080))
                    : Optional.empty();
        }

        @Override
        public Optional<PeerChain> peer() {
            return chain;
        }

        @Override
        public void cut(CutReason reason) {
            cuts.add(reason.text());
        }
    }

    private Connection open(boolean inbound, Optional<SpiffeId> peer) {
        var connection = new Connection(inbound, peer, Optional.empty());
        registry.add(connection);
        return connection;
    }

    /// What STRICT is made of.
    private static Policy strict() {
        var none = List.<Policy.StringMatch>of();
        var present = List.<Policy.StringMatch>of(new Policy.StringMatch.Presence());
        var match =
                new Policy.Match(
                        none, none, none, present, List.of(), List.of(), List.of(), List.of(),
                        List.of(), List.of(), List.of(), List.of());
        return new Policy(
                "istio-system",
                "istio_converted_static_strict",
                Policy.Scope.WORKLOAD_SELECTOR,
                Policy.Action.DENY,
                List.of(new Policy.Rule(List.of(new Policy.Clause(List.of(match))))),
                false);
    }

    @Test
    void strict_cutsPlaintext_andNothingElse() {
        var plain = open(true, Optional.empty());
        var mesh = open(true, Optional.of(WEB));
        var outbound = open(false, Optional.empty());

        int cut = registry.judgeAgain(PolicySet.of(List.of(strict()), List.of()), "uid-1");

        assertThat(cut).isEqualTo(1);
        assertThat(plain.cuts)
                .containsExactly(
                        "connection closed due to policy change: explicitly denied by:"
                                + " istio-system/istio_converted_static_strict");
        assertThat(mesh.cuts).isEmpty();
        assertThat(outbound.cuts).isEmpty();
        assertThat(lines)
                .containsExactly(
                        "connection 10.0.0.1:4711(None)->10.0.0.2:8080 (uid-1) closed because it's"
                                + " no longer allowed after a policy update");
    }

    @Test
    void samePolicies_areNotAskedTwice() {
        var policies = PolicySet.of(List.of(strict()), List.of());
        registry.judgeAgain(policies, "uid-1");
        var plain = open(true, Optional.empty());

        assertThat(registry.judgeAgain(policies, "uid-1")).isZero();
        assertThat(plain.cuts).isEmpty();

        registry.judgeAgain(PolicySet.of(List.of(strict()), List.of()), "uid-1");
        assertThat(plain.cuts).hasSize(1);
    }

    @Test
    void missingPolicy_cutsNobody_butTheOthersAreAsked() {
        var plain = open(true, Optional.empty());
        var mesh = open(true, Optional.of(WEB));

        registry.judgeAgain(PolicySet.of(List.of(), List.of("shop/x")), "uid-1");
        assertThat(plain.cuts).isEmpty();

        registry.judgeAgain(PolicySet.of(List.of(strict()), List.of("shop/x")), "uid-1");
        assertThat(plain.cuts).hasSize(1);
        assertThat(mesh.cuts).isEmpty();
    }

    @Test
    void revokedPeer_isCut_plaintextIsNot(@TempDir Path directory) throws Exception {
        var file = directory.resolve("crl.pem");
        var revocation = Revocation.of(file, true, IdentityLimits.defaults());
        var tunnelled =
                new Connection(
                        false, Optional.of(WEB), Optional.of(new PeerChain(List.of(), revocation)));
        registry.add(tunnelled);
        var plain = open(true, Optional.empty());
        assertThat(registry.cutRevoked()).isZero();

        Files.writeString(file, "nobody can be checked with this");
        revocation.load();

        assertThat(registry.cutRevoked()).isEqualTo(1);
        assertThat(tunnelled.cuts)
                .containsExactly("connection closed: peer certificate revoked by CRL");
        assertThat(plain.cuts).isEmpty();
    }
}
