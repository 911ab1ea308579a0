package dev.ambit.waypoint.upstream;

import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.ResolverConfig;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;
import org.xbill.DNS.hosts.HostsFileParser;
import org.xbill.DNS.lookup.LookupFailedException;
import org.xbill.DNS.lookup.LookupSession;
import org.xbill.DNS.lookup.NoSuchDomainException;
import org.xbill.DNS.lookup.NoSuchRRSetException;

/// Names by DNS, as the host is configured: its name servers, search domains and hosts file. The
/// library's cache is not used, since callers know when to ask again.
public final class DnsResolver implements Resolver {
    private final LookupSession session;
    private final Duration timeout;
    private final Semaphore lookups;

    /// With the name servers of this host.
    public static DnsResolver ofHost(UpstreamLimits limits) {
        var config = ResolverConfig.getCurrentConfig();
        return new DnsResolver(
                LookupSession.builder()
                        .resolver(new ExtendedResolver())
                        .searchPath(config.searchPath())
                        .ndots(config.ndots())
                        .hostsFileParser(new HostsFileParser())
                        .build(),
                limits);
    }

    DnsResolver(LookupSession session, UpstreamLimits limits) {
        this.session = session;
        this.timeout = limits.lookupTimeout();
        this.lookups = new Semaphore(limits.lookups());
    }

    @Override
    public Answer resolve(String name, Discovery.Family family) {
        var literal = NetUtil.createInetAddressFromIpAddressString(name);
        if (literal != null) {
            return literal(literal, family);
        }
        Name asked;
        try {
            asked = Name.fromString(name);
        } catch (TextParseException e) {
            return new Answer.Failed("'" + name + "' is no name: " + e.getMessage());
        }
        try {
            if (!lookups.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                return new Answer.Failed("too many look-ups at once, while " + name + " waited");
            }
            try {
                return ask(asked, family);
            } finally {
                lookups.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer.Failed("interrupted");
        }
    }

    private static Answer literal(InetAddress address, Discovery.Family family) {
        boolean v4 = address instanceof Inet4Address;
        boolean fits =
                switch (family) {
                    case V4_ONLY -> v4;
                    case V6_ONLY -> !v4;
                    case AUTO, V4_PREFERRED, ALL -> true;
                };
        return fits ? new Answer.Addresses(List.of(address), Duration.ZERO) : new Answer.None();
    }

    private Answer ask(Name name, Discovery.Family family) throws InterruptedException {
        return switch (family) {
            case V4_ONLY -> ask(name, Type.A);
            case V6_ONLY -> ask(name, Type.AAAA);
            case AUTO -> either(name, Type.AAAA, Type.A);
            case V4_PREFERRED -> either(name, Type.A, Type.AAAA);
            case ALL -> both(ask(name, Type.AAAA), ask(name, Type.A));
        };
    }

    private Answer either(Name name, int first, int second) throws InterruptedException {
        var answer = ask(name, first);
        return switch (answer) {
            case Answer.Addresses _ -> answer;
            case Answer.None _, Answer.Failed _ -> ask(name, second);
        };
    }

    /// Families by turns, IPv6 first (RFC 8305 section 4).
    static Answer both(Answer six, Answer four) {
        if (!(six instanceof Answer.Addresses(var sixes, var sixTtl))) {
            return four instanceof Answer.Addresses || four instanceof Answer.Failed ? four : six;
        }
        if (!(four instanceof Answer.Addresses(var fours, var fourTtl))) {
            return six;
        }
        var all = new ArrayList<InetAddress>();
        for (int i = 0; i < Math.max(sixes.size(), fours.size()); i++) {
            if (i < sixes.size()) {
                all.add(sixes.get(i));
            }
            if (i < fours.size()) {
                all.add(fours.get(i));
            }
        }
        return new Answer.Addresses(all, sixTtl.compareTo(fourTtl) < 0 ? sixTtl : fourTtl);
    }

    private Answer ask(Name name, int type) throws InterruptedException {
        var future = session.lookupAsync(name, type).toCompletableFuture();
        try {
            return answer(future.get(timeout.toNanos(), TimeUnit.NANOSECONDS).getRecords());
        } catch (TimeoutException e) {
            future.cancel(true);
            return new Answer.Failed("no answer within " + timeout.toSeconds() + " s");
        } catch (ExecutionException e) {
            var cause = e.getCause();
            return cause instanceof NoSuchDomainException || cause instanceof NoSuchRRSetException
                    ? new Answer.None()
                    : new Answer.Failed(reason(cause));
        }
    }

    static String reason(@Nullable Throwable cause) {
        return switch (cause) {
            case null -> "unknown";
            case LookupFailedException refused ->
                    "the name server's answer: " + refused.getMessage();
            case SocketException _ -> "no name server could be reached";
            case Throwable other when other.getMessage() == null ->
                    other.getClass().getSimpleName();
            default -> cause.getClass().getSimpleName() + ": " + cause.getMessage();
        };
    }

    private static Answer answer(List<Record> records) {
        var addresses = new ArrayList<InetAddress>();
        long ttl = Long.MAX_VALUE;
        for (var record : records) {
            switch (record) {
                case ARecord a -> addresses.add(a.getAddress());
                case AAAARecord aaaa -> addresses.add(aaaa.getAddress());
                default -> {
                    continue;
                }
            }
            ttl = Math.min(ttl, record.getTTL());
        }
        return addresses.isEmpty()
                ? new Answer.None()
                : new Answer.Addresses(List.copyOf(addresses), Duration.ofSeconds(ttl));
    }
}
