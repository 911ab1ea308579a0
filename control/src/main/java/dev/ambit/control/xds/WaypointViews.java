package dev.ambit.control.xds;

import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.WaypointNodes;
import dev.ambit.control.l7.WaypointRenderer;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.WaypointScopes;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.secret.SecretUses;
import dev.ambit.control.l7.secret.Secrets;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One moment with waypoints. What a waypoint is sent is worked out when one asks that is
/// connected, once for all of its replicas.
public final class WaypointViews implements Views {
    private static final Logger LOG = LoggerFactory.getLogger(WaypointViews.class);

    private final MeshSnapshot mesh;
    private final L7Model model;
    private final Secrets secrets;
    private final Map<WaypointNode, Rendered> last;
    private final Map<WaypointNode, Slot> slots = new HashMap<>();

    /// @param endpoints of `scope`
    /// @param called the services that they are of
    /// @param uses of secrets
    private record Rendered(
            WaypointScope scope,
            SequencedMap<String, ClusterLoadAssignment> endpoints,
            List<MeshService> called,
            SortedSet<SecretUses.Use> uses,
            Snapshot snapshot) {}

    /// Filled once, by the first that asks; others wait for it.
    private static final class Slot {
        private final ReentrantLock lock = new ReentrantLock();
        private @Nullable Rendered rendered;
    }

    private WaypointViews(L7Model model, MeshSnapshot mesh, Map<WaypointNode, Rendered> last) {
        this.model = model;
        this.mesh = mesh;
        this.secrets = Secrets.of(model);
        this.last = last;
    }

    public static WaypointViews of(L7Model model) {
        return new WaypointViews(model, MeshSnapshot.of(model.mesh()), Map.of());
    }

    /// The moment after this one.
    public WaypointViews next(L7Model following) {
        return new WaypointViews(following, mesh.next(following.mesh()), rendered());
    }

    public static WaypointViews empty() {
        return of(
                L7Model.of(
                        dev.ambit.control.resource.ResourceSet.empty(),
                        MeshModel.empty(),
                        dev.ambit.control.l7.L7Settings.defaults()));
    }

    public L7Model model() {
        return model;
    }

    @Override
    public Snapshot mesh() {
        return mesh.snapshot();
    }

    @Override
    public Snapshot waypoint(Waypoint waypoint) {
        var node = WaypointNodes.read(waypoint.id(), waypoint.metadata(), model).shared();
        var slot = slot(node);
        slot.lock.lock();
        try {
            var rendered = slot.rendered;
            if (rendered == null) {
                rendered = render(node);
                slot.rendered = rendered;
            }
            return rendered.snapshot();
        } finally {
            slot.lock.unlock();
        }
    }

    private Slot slot(WaypointNode node) {
        synchronized (slots) {
            return slots.computeIfAbsent(node, n -> new Slot());
        }
    }

    /// What was asked for at this moment; what nobody asks for any more is forgotten.
    private Map<WaypointNode, Rendered> rendered() {
        var all = new HashMap<WaypointNode, Rendered>();
        synchronized (slots) {
            slots.forEach((node, slot) -> {
                var rendered = slot.rendered;
                if (rendered != null) {
                    all.put(node, rendered);
                }
            });
        }
        return all;
    }

    /// A fault in here would be ours: what the waypoint has stays in effect.
    private Rendered render(WaypointNode node) {
        var before = Optional.ofNullable(last.get(node));
        try {
            var scope = WaypointScopes.of(model, node);
            return before.filter(b -> EndpointChange.only(b.scope(), scope))
                    .map(b -> next(b, scope))
                    .orElseGet(() -> whole(scope));
        } catch (RuntimeException bug) {
            LOG.error(
                    "waypoint {}/{}: can't be configured, what it has stays in effect",
                    node.namespace(),
                    node.gateway(),
                    bug);
            if (before.isPresent()) {
                return before.get();
            }
            throw bug;
        }
    }

    private Rendered whole(WaypointScope scope) {
        var config = WaypointRenderer.own(scope);
        var uses = SecretUses.of(config);
        return new Rendered(
                scope,
                config.endpoints(),
                WaypointRenderer.called(scope, config.endpoints().keySet()),
                uses,
                Snapshot.of(config, secrets(scope, uses), workloads()));
    }

    /// Pods come and go far more often than anything else changes: then only endpoints are new.
    private Rendered next(Rendered before, WaypointScope scope) {
        var endpoints =
                WaypointRenderer.endpoints(
                        scope, before.scope(), before.endpoints(), before.called());
        var secrets = secrets(scope, before.uses());
        return new Rendered(
                scope,
                endpoints,
                before.called(),
                before.uses(),
                before.snapshot().next(endpoints, before.endpoints(), secrets, workloads()));
    }

    private SequencedMap<String, Snapshot.Versioned> workloads() {
        return mesh().of(Snapshot.WORKLOAD);
    }

    private Map<String, Secret> secrets(WaypointScope scope, Set<SecretUses.Use> uses) {
        var found = new TreeMap<String, Secret>();
        for (var use : uses) {
            if (!use.source().equals(SecretUses.Use.ADS)) {
                continue;
            }
            switch (secrets.find(use.name(), scope.node())) {
                case Secrets.Answer.Found(var secret) -> found.put(use.name(), secret);
                case Secrets.Answer.None(var reason) ->
                        LOG.warn(
                                "waypoint {}/{}: {}: {}",
                                scope.node().namespace(),
                                scope.node().gateway(),
                                use.name(),
                                reason);
            }
        }
        return found;
    }
}
