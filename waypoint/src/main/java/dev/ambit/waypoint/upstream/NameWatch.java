package dev.ambit.waypoint.upstream;

import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Looks a name up again and again, as Envoy does: after its TTL or the refresh rate, with jitter;
/// after a failure sooner or later, as configured, and then what was known stays.
final class NameWatch {
    private static final int MAX_DOUBLINGS = 30;

    private final String name;
    private final Discovery.DnsSettings dns;
    private final Resolver resolver;
    private final Control control;
    private final UpstreamLimits limits;
    private final Runnable changed;
    private volatile List<InetAddress> addresses = List.of();
    private volatile boolean answered;
    private volatile boolean stopped;
    private volatile Control.@Nullable Timer timer;
    private int failures;

    NameWatch(
            String name,
            Discovery.DnsSettings dns,
            Resolver resolver,
            Control control,
            UpstreamLimits limits,
            Runnable changed) {
        this.name = name;
        this.dns = dns;
        this.resolver = resolver;
        this.control = control;
        this.limits = limits;
        this.changed = changed;
    }

    void start() {
        control.fork(this::look);
    }

    void stop() {
        stopped = true;
        var pending = timer;
        if (pending != null) {
            pending.cancel();
        }
    }

    /// Whether there has been an answer, were it a failure.
    boolean answered() {
        return answered;
    }

    List<InetAddress> addresses() {
        return addresses;
    }

    private void look() {
        if (stopped) {
            return;
        }
        var answer = resolver.resolve(name, dns.family());
        if (stopped) {
            return;
        }
        long wait;
        boolean first = !answered;
        answered = true;
        var before = addresses;
        switch (answer) {
            case Resolver.Answer.Addresses(var found, var ttl) -> {
                failures = 0;
                addresses =
                        List.copyOf(
                                found.subList(
                                        0, Math.min(found.size(), limits.addressesPerName())));
                wait =
                        dns.respectTtl() && ttl.isPositive()
                                ? Math.clamp(
                                        ttl.toNanos(),
                                        limits.minTtl().toNanos(),
                                        limits.maxTtl().toNanos())
                                : dns.refresh().toNanos();
                wait += jitter();
            }
            case Resolver.Answer.None() -> {
                failures = 0;
                addresses = List.of();
                wait = dns.refresh().toNanos() + jitter();
            }
            case Resolver.Answer.Failed _ -> wait = afterFailure();
        }
        if (first || !addresses.equals(before)) {
            changed.run();
        }
        if (!stopped) {
            timer = control.schedule(() -> control.fork(this::look), wait);
        }
    }

    private long jitter() {
        long most = dns.jitter().toMillis();
        return most == 0 ? 0 : Long.remainderUnsigned(control.random(), most) * 1_000_000;
    }

    /// Doubles up to the greatest wait; some of it by chance, so that not all ask at once.
    private long afterFailure() {
        long base = dns.failureBase().toNanos();
        long most = Math.max(base, dns.failureMax().toNanos());
        long wait = failures > MAX_DOUBLINGS || base > most >> failures ? most : base << failures;
        failures++;
        return base == most ? base : Math.max(base, Long.remainderUnsigned(control.random(), wait));
    }
}
