package dev.ambit.waypoint.xds;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import dev.ambit.mesh.proto.discovery.Resource;
import dev.ambit.mesh.proto.workload.Address;
import dev.ambit.mesh.proto.workload.Workload;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.mesh.xds.AddressMapper;
import dev.ambit.mesh.xds.MappingFault;
import dev.ambit.waypoint.xds.listener.ListenerCompiler;
import dev.ambit.waypoint.xds.secret.SecretCompiler;
import dev.ambit.waypoint.xds.secret.SecretStore;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/// The types of resources that a waypoint takes, and what they have to do with one another:
/// clusters name endpoints and secrets, listeners name secrets. On the xDS thread alone.
final class ResourceTypes {
    static final String PREFIX = "type.googleapis.com/";
    static final String CLUSTER = PREFIX + "envoy.config.cluster.v3.Cluster";
    static final String ENDPOINTS = PREFIX + "envoy.config.endpoint.v3.ClusterLoadAssignment";
    static final String LISTENER = PREFIX + "envoy.config.listener.v3.Listener";
    static final String SECRET = PREFIX + "envoy.extensions.transport_sockets.tls.v3.Secret";
    static final String WORKLOAD = PREFIX + "istio.workload.Workload";

    private final ClusterSink clusters;
    private final ListenerCompiler listeners;
    private final SecretStore secrets;
    private final MeshStore mesh;
    private final Rollout rollout;

    /// Names of endpoints, by the cluster that wants them.
    private final Map<String, String> endpointNames = new HashMap<>();

    private final Map<String, Set<String>> clusterSecrets = new HashMap<>();
    private boolean clustersCame;

    ResourceTypes(
            ClusterSink clusters,
            ListenerCompiler listeners,
            SecretStore secrets,
            MeshStore mesh,
            Function<Rollout.Readiness, Rollout> rollout) {
        this.clusters = clusters;
        this.listeners = listeners;
        this.secrets = secrets;
        this.mesh = mesh;
        this.rollout =
                rollout.apply(
                        new Rollout.Readiness() {
                            @Override
                            public boolean cluster(String name) {
                                return warm(name);
                            }

                            @Override
                            public boolean secret(String name) {
                                return secrets.warm(name);
                            }
                        });
    }

    /// Until the first clusters have come, none is known not to be there.
    private boolean warm(String cluster) {
        return clustersCame && clusters.warm(cluster);
    }

    Rollout rollout() {
        return rollout;
    }

    /// In the order in which they are subscribed to.
    List<ResourceType> all() {
        return List.of(
                new Clusters(), new Endpoints(), new Listeners(), new Secrets(), new Workloads());
    }

    private static <T> T parse(Resource resource, Parser<T> parser) throws Refused {
        try {
            return parser.parseFrom(resource.getResource().getValue());
        } catch (InvalidProtocolBufferException malformed) {
            throw new Refused(
                    "resource",
                    String.valueOf(malformed.getMessage()),
                    "a message of type " + CompileScope.type(resource.getResource()));
        }
    }

    /// What a fault in a compiler would do to the rest must not be everything: it is told like a
    /// refusal, with its class.
    private static String bug(RuntimeException fault) {
        return "internal fault: " + fault + " (a bug of this proxy: please report it)";
    }

    private interface Take {
        void take(Resource resource) throws Refused;
    }

    private static Map<String, String> each(List<Resource> changed, Take take) {
        var refusals = new LinkedHashMap<String, String>();
        for (var resource : changed) {
            try {
                take.take(resource);
            } catch (Refused refused) {
                refusals.put(resource.getName(), refused.text());
            } catch (RuntimeException fault) {
                refusals.put(resource.getName(), bug(fault));
            }
        }
        return refusals;
    }

    private void wantSecrets() {
        var all = new TreeSet<>(listeners.needs().secrets());
        clusterSecrets.values().forEach(all::addAll);
        secrets.want(all);
    }

    private final class Clusters implements ResourceType {
        @Override
        public String typeUrl() {
            return CLUSTER;
        }

        @Override
        public Optional<Set<String>> names() {
            return Optional.empty();
        }

        @Override
        public Map<String, String> apply(List<Resource> changed, List<String> removed) {
            for (var name : removed) {
                clusters.removeCluster(name);
                endpointNames.remove(name);
                clusterSecrets.remove(name);
            }
            var refusals = each(changed, this::take);
            clustersCame = true;
            wantSecrets();
            rollout.check();
            return refusals;
        }

        private void take(Resource resource) throws Refused {
            var cluster = parse(resource, Cluster.parser());
            var scope = new CompileScope();
            clusters.cluster(scope, cluster);
            clusterSecrets.put(cluster.getName(), scope.secrets());
            if (cluster.getType() == Cluster.DiscoveryType.EDS && !cluster.hasClusterType()) {
                var named = cluster.getEdsClusterConfig().getServiceName();
                endpointNames.put(cluster.getName(), named.isEmpty() ? cluster.getName() : named);
            } else {
                endpointNames.remove(cluster.getName());
            }
        }
    }

    private final class Endpoints implements ResourceType {
        @Override
        public String typeUrl() {
            return ENDPOINTS;
        }

        @Override
        public Optional<Set<String>> names() {
            return Optional.of(new TreeSet<>(endpointNames.values()));
        }

        @Override
        public Map<String, String> apply(List<Resource> changed, List<String> removed) {
            removed.forEach(clusters::removeEndpoints);
            var refusals =
                    each(
                            changed,
                            resource ->
                                    clusters.endpoints(
                                            new CompileScope(),
                                            resource.getName(),
                                            parse(resource, ClusterLoadAssignment.parser())));
            rollout.check();
            return refusals;
        }
    }

    private final class Listeners implements ResourceType {
        @Override
        public String typeUrl() {
            return LISTENER;
        }

        @Override
        public Optional<Set<String>> names() {
            return Optional.empty();
        }

        @Override
        public Map<String, String> apply(List<Resource> changed, List<String> removed) {
            removed.forEach(listeners::remove);
            var refusals =
                    each(changed, resource -> listeners.put(parse(resource, Listener.parser())));
            wantSecrets();
            rollout.propose(listeners.model(), listeners.needs());
            return refusals;
        }
    }

    private final class Secrets implements ResourceType {
        @Override
        public String typeUrl() {
            return SECRET;
        }

        @Override
        public Optional<Set<String>> names() {
            return Optional.of(secrets.remote());
        }

        @Override
        public Map<String, String> apply(List<Resource> changed, List<String> removed) {
            removed.forEach(secrets::remove);
            var refusals =
                    each(
                            changed,
                            resource ->
                                    secrets.put(
                                            resource.getName(),
                                            SecretCompiler.compile(
                                                    parse(resource, Secret.parser()))));
            rollout.check();
            return refusals;
        }
    }

    /// Who workloads are, for metrics and logs; nobody is let in or kept out by it.
    private final class Workloads implements ResourceType {
        @Override
        public String typeUrl() {
            return WORKLOAD;
        }

        @Override
        public Optional<Set<String>> names() {
            return Optional.empty();
        }

        @Override
        public Map<String, String> apply(List<Resource> changed, List<String> removed) {
            var batch = new ArrayList<Change>();
            var refusals = each(changed, resource -> batch.add(map(resource)));
            removed.forEach(name -> batch.add(new Change.RemoveAddress(name)));
            mesh.apply(batch);
            return refusals;
        }

        private static Change map(Resource resource) throws Refused {
            var workload = parse(resource, Workload.parser());
            try {
                return AddressMapper.map(Address.newBuilder().setWorkload(workload).build());
            } catch (MappingFault unusable) {
                throw new Refused(unusable.text());
            }
        }
    }
}
