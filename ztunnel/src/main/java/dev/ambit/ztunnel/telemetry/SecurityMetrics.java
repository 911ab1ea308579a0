package dev.ambit.ztunnel.telemetry;

import dev.ambit.identity.CertificateStore;
import dev.ambit.identity.ca.CaFault;
import dev.ambit.identity.revocation.Revocation;
import dev.ambit.mesh.store.MeshStore;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;

/// Metrics of certificates, their revocation, and refused policies.
public final class SecurityMetrics {
    private SecurityMetrics() {}

    public static void register(
            PrometheusRegistry registry,
            CertificateStore certificates,
            Revocation revocation,
            MeshStore mesh,
            Clock clock) {
        CounterWithCallback.builder()
                .name("ambit_crl_refused_handshakes")
                .help("TLS handshakes refused because of a revocation list")
                .labelNames("reporter")
                .callback(out -> {
                    for (var direction : Direction.values()) {
                        boolean ofClients = direction == Direction.INBOUND;
                        out.call(revocation.refusedHandshakes(ofClients), direction.reporter());
                    }
                })
                .register(registry);
        CounterWithCallback.builder()
                .name("ambit_crl_unreadable")
                .help("Reads of the revocation lists that could not be understood")
                .callback(out -> out.call(revocation.unreadable()))
                .register(registry);
        CounterWithCallback.builder()
                .name("ambit_certificate_fetches_failed")
                .help("Requests to the certificate authority that brought no usable certificate")
                .labelNames("reason")
                .callback(out -> {
                    for (var kind : CaFault.Kind.values()) {
                        out.call(
                                certificates.failedFetches(kind),
                                kind.name().toLowerCase(Locale.ROOT));
                    }
                })
                .register(registry);
        GaugeWithCallback.builder()
                .name("ambit_certificate_expiry_seconds")
                .help("Seconds until the certificate of an identity of this node expires")
                .labelNames("identity")
                .callback(out ->
                        certificates
                                .snapshot()
                                .forEach(status ->
                                        status.certificate()
                                                .ifPresent(c ->
                                                        out.call(
                                                                Duration.between(
                                                                                clock.instant(),
                                                                                c.notAfter())
                                                                        .toSeconds(),
                                                                status.id().uri()))))
                .register(registry);
        GaugeWithCallback.builder()
                .name("ambit_policies_refused")
                .help("Policies that were not understood, with no earlier version to fall back on")
                .callback(out -> out.call(mesh.refusedPolicies().size()))
                .register(registry);
        GaugeWithCallback.builder()
                .name("ambit_certificates_missing")
                .help("Identities of this node without a valid certificate")
                .callback(out ->
                        out.call(
                                certificates.snapshot().stream()
                                        .filter(status -> status.certificate().isEmpty())
                                        .count()))
                .register(registry);
        GaugeWithCallback.builder()
                .name("ambit_certificate_fetches_waiting")
                .help("Requests to the certificate authority that wait for their turn")
                .callback(out -> out.call(certificates.waitingFetches()))
                .register(registry);
    }
}
