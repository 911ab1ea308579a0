package dev.ambit.ztunnel.telemetry;

import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.mesh.policy.PolicySet;
import dev.ambit.mesh.policy.Rehearsal;
import dev.ambit.mesh.policy.Verdict;
import dev.ambit.mesh.policy.Verdict.Denial;
import dev.ambit.mesh.policy.Verdict.MatchedRule;
import dev.ambit.process.log.FieldLog;
import dev.ambit.ztunnel.outbound.Addresses;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Metrics and the access log: one line and one set of counters for each connection.
public final class Telemetry implements ConnectionReporter {
    private static final FieldLog ACCESS = FieldLog.of("access");

    private static final byte[] EOF = "# EOF\n".getBytes(StandardCharsets.UTF_8);

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final TrafficMetrics traffic;
    private final OnDemandDnsMetrics onDemandDns;
    private final PolicyAudit audit;
    private final PhaseMetrics phases;
    private final GaugeDataPoint[] sockets = new GaugeDataPoint[Direction.values().length];
    private final Counter deniedEarly;
    private final Counter xdsMessages;
    private final Counter xdsBytes;
    private final Counter xdsTerminations;
    private final Counter xdsRejected;
    private final Counter revoked;

    public Telemetry(TelemetryLimits limits, String version, LongSupplier nanoTime) {
        this(limits, version, nanoTime, false);
    }

    /// @param version as `istio_build` shows it
    /// @param nanoTime as `System.nanoTime`, for how long series are kept
    /// @param policyAtInfo whether lines about policy decisions are of level info, else debug
    public Telemetry(
            TelemetryLimits limits, String version, LongSupplier nanoTime, boolean policyAtInfo) {
        audit = new PolicyAudit(registry, policyAtInfo);
        traffic = new TrafficMetrics(limits, nanoTime);
        onDemandDns = new OnDemandDnsMetrics(registry, limits.trafficSeries());
        phases = new PhaseMetrics(registry);
        var open =
                Gauge.builder()
                        .name("istio_tcp_sockets_open")
                        .help("The current number of open TCP sockets (unstable).")
                        .labelNames("reporter")
                        .register(registry);
        for (var direction : Direction.values()) {
            sockets[direction.ordinal()] = open.labelValues(direction.reporter());
        }
        deniedEarly =
                counter(
                        "ambit_connections_denied_early",
                        "Connections turned away before their workloads were known",
                        "reporter");
        for (var direction : Direction.values()) {
            deniedEarly.labelValues(direction.reporter());
        }
        xdsMessages =
                counter(
                        "istio_xds_message",
                        "Total number of messages received (unstable).",
                        "url");
        xdsBytes =
                counter(
                        "istio_xds_message_bytes",
                        "Total number of bytes received (unstable).",
                        "url");
        xdsTerminations =
                counter(
                        "istio_xds_connection_terminations",
                        "The total number of completed connections to xds server (unstable).",
                        "reason");
        revoked =
                counter(
                        "istio_crl_policy_rejections",
                        "Tunnels refused or cut because the peer's certificate was revoked",
                        "reporter");
        xdsRejected = counter("ambit_xds_rejected", "Resources not understood", "url");
        Gauge.builder()
                .name("istio_build")
                .help("Istio component build info.")
                .labelNames("component", "tag")
                .register(registry)
                .labelValues("ztunnel", version)
                .set(1);
    }

    private Counter counter(String name, String help, String... labels) {
        return Counter.builder().name(name).help(help).labelNames(labels).register(registry);
    }

    /// A gauge whose value is asked for at each scrape.
    public void gauge(String name, String help, LongSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsLong()))
                .register(registry);
    }

    /// A counter that somebody else keeps.
    public void counter(String name, String help, LongSupplier value) {
        io.prometheus.metrics.core.metrics.CounterWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsLong()))
                .register(registry);
    }

    /// Every metric, in the text format that scrapers read (OpenMetrics 1.0).
    public byte[] exposition() {
        var out = new ByteArrayOutputStream();
        try {
            var snapshots = registry.scrape();
            new OpenMetricsTextFormatWriter(false, false).write(out, snapshots);
        } catch (IOException impossible) {
            throw new IllegalStateException("writing to memory", impossible);
        }
        var others = out.toByteArray();
        var whole = new ByteArrayOutputStream();
        whole.write(others, 0, others.length - EOF.length);
        whole.writeBytes(traffic.text().getBytes(StandardCharsets.UTF_8));
        whole.writeBytes(EOF);
        return whole.toByteArray();
    }

    /// For metrics that others keep.
    public PrometheusRegistry registry() {
        return registry;
    }

    public void xdsReceived(String url, int bytes) {
        xdsMessages.labelValues(url).inc();
        xdsBytes.labelValues(url).inc(bytes);
    }

    public void xdsRejected(String url) {
        xdsRejected.labelValues(url).inc();
    }

    public void xdsTerminated(String reason) {
        xdsTerminations.labelValues(reason).inc();
    }

    /// The workload is gone: its series go too, after some scrapes.
    public void forget(String uid) {
        traffic.gone(uid);
        onDemandDns.forget(uid);
    }

    /// The workload is there, perhaps again: a StatefulSet's pods keep their names.
    public void remember(String uid) {
        traffic.back(uid);
    }

    @Override
    public void took(Phase phase, Direction direction, long nanos) {
        phases.took(phase, direction, nanos);
    }

    @Override
    public OpenConnection opened(ConnectionDescription connection) {
        var series = traffic.acquire(connection);
        sockets[connection.direction().ordinal()].inc();
        if (ACCESS.isDebugEnabled()) {
            ACCESS.debug("connection opened", fields(connection));
        }
        return new Open(connection, series);
    }

    @Override
    public void resolvedOnDemand(Workload source, String hostname) {
        onDemandDns.asked(source, hostname);
    }

    @Override
    public void peerRevoked(Direction direction) {
        revoked.labelValues(direction.reporter()).inc();
    }

    @Override
    public void earlyDeny(
            Direction direction,
            InetSocketAddress source,
            InetSocketAddress destination,
            String error) {
        deniedEarly.labelValues(direction.reporter()).inc();
        ACCESS.warn(
                "connection failed",
                "src.addr",
                new Text(Addresses.text(source)),
                "dst.addr",
                new Text(Addresses.text(destination)),
                "direction",
                direction.label(),
                "error",
                error);
    }

    /// Printed without quotes.
    private record Text(String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    private static final class Handshake {
        private final String cipher;
        private final String group;

        Handshake(String cipher, String group) {
            this.cipher = cipher;
            this.group = group;
        }
    }

    private final class Open implements OpenConnection {
        private final ConnectionDescription d;
        private final TrafficMetrics.Series series;
        private final AtomicBoolean closed = new AtomicBoolean();
        private @Nullable Handshake handshake;
        private @Nullable Rehearsal rehearsal;
        private long receivedSoFar;
        private long sentSoFar;

        Open(ConnectionDescription description, TrafficMetrics.Series series) {
            this.d = description;
            this.series = series;
        }

        @Override
        public void bytes(long received, long sent) {
            receivedSoFar += received;
            sentSoFar += sent;
            series.bytes(received, sent);
        }

        @Override
        public void handshake(String protocol, String cipher, String group) {
            handshake = new Handshake(cipher, group);
        }

        @Override
        public void judged(PolicySet policies, ConnectionFacts facts, Verdict verdict) {
            rehearsal = audit.judged(policies, facts, verdict).orElse(null);
        }

        @Override
        public void took(Phase phase, long nanos) {
            phases.took(phase, d.direction(), nanos);
        }

        @Override
        public void close(Outcome outcome, long received, long sent, Duration lasted) {
            if (!closed.compareAndSet(false, true)) {
                return;
            }
            series.bytes(received - receivedSoFar, sent - sentSoFar);
            sockets[d.direction().ordinal()].dec();
            switch (outcome) {
                case Outcome.Completed() -> {
                    series.closed(ResponseFlag.NONE);
                    line(null, Optional.empty(), received, sent, lasted);
                }
                case Outcome.Refused(var flag, var text, var why) -> {
                    series.closed(flag);
                    line(text, why, received, sent, lasted);
                }
                case Outcome.Failed(var flag, var text) -> {
                    series.closed(flag);
                    line(text, Optional.empty(), received, sent, lasted);
                }
                case Outcome.Drained(var text) -> {
                    series.closed(ResponseFlag.NONE);
                    line(text, Optional.empty(), received, sent, lasted);
                }
            }
        }

        private void line(
                @Nullable String error,
                Optional<Denial> why,
                long received,
                long sent,
                Duration lasted) {
            if (error == null ? !ACCESS.isInfoEnabled() : !ACCESS.isErrorEnabled()) {
                return;
            }
            boolean outbound = d.direction() == Direction.OUTBOUND;
            var by = why.flatMap(Telemetry::rule);
            var tls = handshake;
            var dry = rehearsal;
            var dryBy = dry == null ? Optional.<MatchedRule>empty() : dry.by();
            @Nullable Object[] end = {
                "bytes_sent",
                outbound ? received : sent,
                "bytes_recv",
                outbound ? sent : received,
                "duration",
                lasted.toMillis() + "ms",
                "error",
                error,
                "deny.policy",
                by.map(MatchedRule::policy).orElse(null),
                "deny.rule",
                by.map(MatchedRule::rule).orElse(null),
                "deny.field",
                by.map(MatchedRule::field).orElse(null),
                "dry_run.would",
                dry == null ? null : dry.wouldAllow() ? "allow" : "deny",
                "dry_run.policy",
                dryBy.map(MatchedRule::policy).orElse(null),
                "tls.cipher",
                tls == null ? null : orNull(tls.cipher),
                "tls.group",
                tls == null ? null : orNull(tls.group)
            };
            var start = fields(d);
            var fields = Arrays.copyOf(start, start.length + end.length);
            System.arraycopy(end, 0, fields, start.length, end.length);
            if (error == null) {
                ACCESS.info("connection complete", fields);
            } else {
                ACCESS.error("connection complete", fields);
            }
        }
    }

    /// What is known from the start, in the reference's order.
    private static @Nullable Object[] fields(ConnectionDescription d) {
        boolean mutual = d.security() == SecurityPolicy.MUTUAL_TLS;
        return new @Nullable Object[] {
            "src.addr", new Text(Addresses.text(d.source())),
            "src.workload", orNull(d.sourceParty().name()),
            "src.namespace", orNull(d.sourceParty().namespace()),
            "src.identity", mutual ? identity(d.sourceIdentity()) : null,
            "src.cluster", orNull(d.sourceParty().cluster()),
            "dst.addr", new Text(Addresses.text(d.destination())),
            "dst.hbone_addr", d.hboneAuthority().map(Text::new).orElse(null),
            "dst.service", d.service().map(s -> s.hostname()).orElse(null),
            "dst.workload", orNull(d.destinationParty().name()),
            "dst.namespace", orNull(d.destinationParty().namespace()),
            "dst.identity", mutual ? identity(d.destinationIdentity()) : null,
            "dst.cluster", orNull(d.destinationParty().cluster()),
            "direction", d.direction().label()
        };
    }

    private static Optional<MatchedRule> rule(Denial denial) {
        return switch (denial) {
            case Denial.ByDenyPolicy(var rule) -> Optional.of(rule);
            case Denial.ByNoAllowPolicy(var nearest) -> nearest;
            case Denial.ByMissingPolicy _, Denial.ByRefusedPolicy _ -> Optional.empty();
        };
    }

    private static @Nullable String identity(Optional<dev.ambit.identity.SpiffeId> id) {
        return id.map(Object::toString).orElse(null);
    }

    private static @Nullable String orNull(String value) {
        return value.isEmpty() ? null : value;
    }
}
