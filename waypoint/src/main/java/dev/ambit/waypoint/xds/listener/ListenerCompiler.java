package dev.ambit.waypoint.xds.listener;

import dev.ambit.waypoint.model.ChainTable;
import dev.ambit.waypoint.model.Originate;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.model.TunnelFront;
import dev.ambit.waypoint.model.WaypointModel;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Listeners to a `WaypointModel`. Keeps what it compiled of each listener that is held, so that
/// only chains that changed are compiled again. One thread.
public final class ListenerCompiler {
    public static final String MAIN = "main_internal";

    private final FilterCompilers compilers;
    private final ChainCompiler chains;
    private final TerminateCompiler terminate;

    private Listener main = Listener.getDefaultInstance();
    private Compiled<ChainTable> table = new Compiled<>(ChainTable.EMPTY, Needs.NONE);
    private Map<String, Memo> memo = Map.of();
    private volatile long compiledChains;

    private Listener front = Listener.getDefaultInstance();
    private Optional<Compiled<TunnelFront>> tunnel = Optional.empty();
    private final Map<String, Originate> originates = new TreeMap<>();

    public ListenerCompiler(FilterCompilers compilers) {
        this.compilers = compilers;
        this.chains = new ChainCompiler(compilers);
        this.terminate = new TerminateCompiler(compilers);
    }

    /// @param skipped by what it is in
    public record Needs(Set<String> clusters, Set<String> secrets, List<String> skipped) {
        static final Needs NONE = new Needs(Set.of(), Set.of(), List.of());
    }

    public static final Needs NO_NEEDS = Needs.NONE;

    private record Compiled<T>(T value, Needs needs) {}

    /// @param digest of the chain's bytes
    private record Memo(String digest, CompiledChain chain) {}

    /// Takes one listener; what was compiled of the one before stays when this one is refused.
    public void put(Listener listener) throws Refused {
        var name = listener.getName();
        switch (name) {
            case MAIN -> putMain(listener);
            case TerminateCompiler.NAME -> putTerminate(listener);
            default -> {
                if (!OriginateCompiler.handles(name)) {
                    throw new Refused(
                            "name",
                            name,
                            MAIN
                                    + ", "
                                    + TerminateCompiler.NAME
                                    + " or connect_originate, as a"
                                    + " waypoint has; is this another proxy's configuration?");
                }
                originates.put(name, OriginateCompiler.compile(listener));
            }
        }
    }

    public void remove(String name) {
        switch (name) {
            case MAIN -> {
                main = Listener.getDefaultInstance();
                table = new Compiled<>(ChainTable.EMPTY, Needs.NONE);
                memo = Map.of();
            }
            case TerminateCompiler.NAME -> {
                front = Listener.getDefaultInstance();
                tunnel = Optional.empty();
            }
            default -> originates.remove(name);
        }
    }

    private void putMain(Listener listener) throws Refused {
        var next = new LinkedHashMap<String, Memo>();
        for (var chain : listener.getFilterChainsList()) {
            var compiled = chain(chain);
            if (next.putIfAbsent(chain.getName(), compiled) != null) {
                throw new Refused("filter_chains", chain.getName(), "each name once");
            }
        }
        var otherwise = Optional.<PortRule>empty();
        if (listener.hasDefaultFilterChain()) {
            var compiled = chain(listener.getDefaultFilterChain());
            next.put(compiled.chain().name(), compiled);
            otherwise = Optional.of(rule(compiled.chain()));
        }
        var byName = new HashMap<String, CompiledChain>();
        next.forEach((name, each) -> byName.put(name, each.chain()));
        var tables = new MatcherCompiler.Tables(Map.of(), List.of());
        if (listener.hasFilterChainMatcher()) {
            try {
                tables = new MatcherCompiler(byName).compile(listener.getFilterChainMatcher());
            } catch (Refused inside) {
                throw inside.in("filter_chain_matcher");
            }
        } else if (next.size() > 1) {
            throw new Refused(
                    "filter_chain_matcher", "nothing", "a matcher, as there are several chains");
        } else if (next.size() == 1 && otherwise.isEmpty()) {
            otherwise = Optional.of(rule(next.firstEntry().getValue().chain()));
        }
        var inspection = InspectionCompiler.compile(listener);
        var accessLogs = main.getAccessLogList();
        table =
                new Compiled<>(
                        new ChainTable(
                                tables.authorities(), tables.ranges(), inspection, otherwise),
                        needs(byName));
        memo = Map.copyOf(next);
        main = listener;
        if (tunnel.isPresent() && !accessLogs.equals(listener.getAccessLogList())) {
            // Connections without a chain are told of by this listener's access log.
            putTerminate(front);
        }
    }

    private Memo chain(FilterChain chain) throws Refused {
        var digest = digest(chain);
        var known = memo.get(chain.getName());
        if (known != null && known.digest().equals(digest)) {
            return known;
        }
        var compiled = new Memo(digest, chains.compile(chain));
        compiledChains = compiledChains + 1;
        return compiled;
    }

    private static String digest(FilterChain chain) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(chain.toByteArray()));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("a Java runtime without SHA-256", impossible);
        }
    }

    private static PortRule rule(CompiledChain chain) {
        return switch (chain.kind()) {
            case CompiledChain.Kind.Http(var http) -> new PortRule.Http(http);
            case CompiledChain.Kind.Tcp(var tcp) -> new PortRule.Tcp(tcp);
        };
    }

    private static Needs needs(Map<String, CompiledChain> chains) {
        var clusters = new TreeSet<String>();
        var secrets = new TreeSet<String>();
        var skipped = new TreeSet<String>();
        for (var chain : chains.values()) {
            clusters.addAll(chain.clusters());
            secrets.addAll(chain.secrets());
            chain.skipped().forEach(each -> skipped.add(chain.name() + ": " + each));
        }
        return new Needs(Set.copyOf(clusters), Set.copyOf(secrets), List.copyOf(skipped));
    }

    private void putTerminate(Listener listener) throws Refused {
        var scope = new CompileScope();
        var compiled = terminate.compile(scope, listener, main);
        tunnel =
                Optional.of(
                        new Compiled<>(
                                compiled,
                                new Needs(scope.clusters(), scope.secrets(), scope.skipped())));
        front = listener;
    }

    /// What all listeners that are held say together.
    public WaypointModel model() {
        return new WaypointModel(
                tunnel.map(Compiled::value),
                table.value(),
                OriginateCompiler.merge(originates.values()));
    }

    /// What `model` needs to be of use.
    public Needs needs() {
        var front = tunnel.map(Compiled::needs).orElse(Needs.NONE);
        var clusters = new TreeSet<>(table.needs().clusters());
        clusters.addAll(front.clusters());
        var secrets = new TreeSet<>(table.needs().secrets());
        secrets.addAll(front.secrets());
        var skipped = new TreeSet<>(table.needs().skipped());
        skipped.addAll(front.skipped());
        return new Needs(Set.copyOf(clusters), Set.copyOf(secrets), List.copyOf(skipped));
    }

    /// Chains compiled since the start, for tests and `/stats`.
    public long compiledChains() {
        return compiledChains;
    }
}
