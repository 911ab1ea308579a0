package dev.ambit.ztunnel.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.TrustBundle;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.identity.ca.CaFault;
import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import dev.ambit.identity.revocation.Revocation;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.RefusedPolicy;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class SecurityMetricsTest {
    private static final SpiffeId WEB = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/web");
    private static final SpiffeId CART = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/cart");

    private final Clock clock = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);
    private final LocalAuthority authority =
            LocalAuthority.create("mesh", clock, Duration.ofDays(2));

    private WorkloadCertificate issue(SpiffeId id) throws CaFault {
        if (id.equals(CART)) {
            throw new CaFault(CaFault.Kind.REFUSED, "not yours");
        }
        var request = KeyAndCsr.forIdentity(id);
        try {
            var chain = authority.sign(request.pem(), id, Duration.ofHours(1));
            return new WorkloadCertificate(
                    id,
                    request.keys().getPrivate(),
                    Pem.certificates(chain.getFirst()),
                    new TrustBundle(Pem.certificates(chain.getLast())));
        } catch (CertificateException broken) {
            throw new AssertionError(broken);
        }
    }

    @Test
    void certificatesAndRefusals_areShown() throws Exception {
        var registry = new PrometheusRegistry();
        var fetches = new ArrayList<Runnable>();
        var mesh = new MeshStore("node-1");
        mesh.apply(
                List.of(
                        new Change.RefusePolicy(
                                new RefusedPolicy("ns/p", Policy.Scope.GLOBAL, "scope: 9"))));
        try (var timer = Executors.newSingleThreadScheduledExecutor();
                var certificates =
                        new CertificateStore(
                                this::issue,
                                IdentityLimits.defaults(),
                                clock,
                                new SplittableRandom(1),
                                timer,
                                fetches::add)) {
            SecurityMetrics.register(registry, certificates, Revocation.none(), mesh, clock);
            certificates.prefetch(WEB);
            certificates.prefetch(CART);
            List.copyOf(fetches).forEach(Runnable::run);

            var out = new ByteArrayOutputStream();
            new OpenMetricsTextFormatWriter(false, false).write(out, registry.scrape());
            timer.shutdownNow();

            assertThat(out.toString(StandardCharsets.UTF_8).lines())
                    .contains(
                            "ambit_certificate_expiry_seconds{identity=\"" + WEB + "\"} 3600.0",
                            "ambit_certificates_missing 1.0",
                            "ambit_certificate_fetches_failed_total{reason=\"refused\"} 1.0",
                            "ambit_certificate_fetches_failed_total{reason=\"bad_answer\"} 0.0",
                            "ambit_crl_unreadable_total 0.0",
                            "ambit_certificate_fetches_waiting 0.0",
                            "ambit_policies_refused 1.0",
                            "ambit_crl_refused_handshakes_total{reporter=\"source\"} 0.0",
                            "ambit_crl_refused_handshakes_total{reporter=\"destination\"} 0.0");
        }
    }
}
