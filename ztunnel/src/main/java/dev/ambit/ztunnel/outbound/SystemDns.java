package dev.ambit.ztunnel.outbound;

import dev.ambit.ztunnel.outbound.CachingHosts.Asked;
import dev.ambit.ztunnel.outbound.HostResolver.Answer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.ResolverConfig;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;
import org.xbill.DNS.lookup.LookupResult;
import org.xbill.DNS.lookup.LookupSession;
import org.xbill.DNS.lookup.NoSuchDomainException;

/// Asks as this process itself would: its own resolv.conf and hosts file, from its own namespace,
/// never from a pod's. A and AAAA at the same time; one that fails does not spoil the other.
public final class SystemDns implements CachingHosts.Source {
    private final Supplier<LookupSession> sessions;
    private final boolean ipv6;
    private final ResolverLimits limits;
    private final Executor blocking;

    /// @param sessions what asks; called once for each name, off the event loops
    /// @param ipv6 whether AAAA records are of any use here
    /// @param blocking for reading files
    SystemDns(
            Supplier<LookupSession> sessions,
            boolean ipv6,
            ResolverLimits limits,
            Executor blocking) {
        this.sessions = sessions;
        this.ipv6 = ipv6;
        this.limits = limits;
        this.blocking = blocking;
    }

    /// The system's names, remembered for as long as the answers say.
    public static HostResolver cached(boolean ipv6, Executor blocking) {
        var limits = ResolverLimits.defaults();
        var source = new SystemDns(new Configured(limits, blocking), ipv6, limits, blocking);
        return new CachingHosts(source, limits, System::nanoTime);
    }

    /// The system's configuration, read when the first name is asked for.
    private static final class Configured implements Supplier<LookupSession> {
        private final ResolverLimits limits;
        private final Executor executor;
        private @Nullable LookupSession session;

        Configured(ResolverLimits limits, Executor executor) {
            this.limits = limits;
            this.executor = executor;
        }

        @Override
        public synchronized LookupSession get() {
            var known = session;
            if (known == null) {
                known = read();
                session = known;
            }
            return known;
        }

        private LookupSession read() {
            var config = ResolverConfig.getCurrentConfig();
            var servers = new ArrayList<Resolver>();
            for (var address : config.servers()) {
                var server = new SimpleResolver(address);
                server.setTimeout(limits.queryTimeout());
                servers.add(server);
            }
            var all = new ExtendedResolver(servers);
            all.setTimeout(limits.deadline());
            return LookupSession.builder()
                    .resolver(all)
                    .ndots(config.ndots())
                    .searchPath(config.searchPath())
                    .defaultHostsFileParser()
                    .executor(executor)
                    .build();
        }
    }

    /// One of the two questions.
    ///
    /// @param failure null: answered, if only with nothing
    private record Half(List<Record> records, @Nullable String failure) {}

    @Override
    public void ask(String hostname, Consumer<Asked> whenDone) {
        blocking.execute(() -> {
            Name name;
            try {
                name = Name.fromString(hostname);
            } catch (TextParseException e) {
                whenDone.accept(failed("not a DNS name: " + e.getMessage()));
                return;
            }
            var session = sessions.get();
            var four = half(session, name, Type.A);
            var six =
                    ipv6
                            ? half(session, name, Type.AAAA)
                            : CompletableFuture.completedFuture(new Half(List.of(), null));
            var _ = four.thenAcceptBoth(six, (a, b) -> whenDone.accept(both(a, b)));
        });
    }

    /// Never fails.
    private CompletableFuture<Half> half(LookupSession session, Name name, int type) {
        return session.lookupAsync(name, type)
                .toCompletableFuture()
                .orTimeout(limits.deadline().toNanos(), TimeUnit.NANOSECONDS)
                .handle((found, failure) -> half(found, failure));
    }

    private Half half(@Nullable LookupResult found, @Nullable Throwable failure) {
        if (found != null) {
            return new Half(found.getRecords(), null);
        }
        var cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
        return new Half(
                List.of(),
                switch (cause) {
                    case NoSuchDomainException _ -> "no such domain";
                    case TimeoutException _ -> "no answer within " + limits.deadline();
                    case null -> "no answer";
                    default -> String.valueOf(cause.getMessage());
                });
    }

    private Asked both(Half a, Half b) {
        var addresses = new ArrayList<InetAddress>();
        long ttl = Long.MAX_VALUE;
        for (var half : List.of(a, b)) {
            for (var record : half.records) {
                switch (record) {
                    case ARecord four -> addresses.add(four.getAddress());
                    case AAAARecord six -> addresses.add(six.getAddress());
                    default -> {
                        // An alias on the way.
                    }
                }
                ttl = Math.min(ttl, record.getTTL());
            }
        }
        if (!addresses.isEmpty()) {
            return new Asked(new Answer.Addresses(addresses), Duration.ofSeconds(ttl));
        }
        var failure = a.failure != null ? a.failure : b.failure;
        return failure != null
                ? failed(failure)
                : new Asked(new Answer.Addresses(List.of()), limits.failureTtl());
    }

    private Asked failed(String why) {
        return new Asked(new Answer.Failed(why), limits.failureTtl());
    }
}
