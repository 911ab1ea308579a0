package dev.ambit.waypoint.xds.cluster;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/// Clusters and endpoints that a real istiod sent: a directory outside the project, found through
/// `AMBIT_RECORDINGS` or beside the repository.
final class RecordedClusters {
    private RecordedClusters() {}

    static Optional<Path> directory() {
        var named = System.getenv("AMBIT_RECORDINGS");
        var directory =
                named == null ? Path.of("..", "..", "shared", "recordings") : Path.of(named);
        return Files.isDirectory(directory) ? Optional.of(directory) : Optional.empty();
    }

    /// Recorded gateways, `case/gateway`.
    static List<String> gateways() throws IOException {
        if (directory().isEmpty()) {
            return List.of();
        }
        var root = directory().get();
        try (var files = Files.walk(root, 3)) {
            return files.filter(f -> f.endsWith("cds.pb.gz"))
                    .map(f -> root.relativize(f.getParent()).toString())
                    .sorted()
                    .toList();
        }
    }

    static Map<String, Cluster> clusters(String gateway) throws IOException {
        var all = new TreeMap<String, Cluster>();
        for (var resource : resources(gateway, "cds.pb.gz")) {
            all.put(resource.getName(), resource.getResource().unpack(Cluster.class));
        }
        return all;
    }

    static Map<String, ClusterLoadAssignment> endpoints(String gateway) throws IOException {
        var all = new TreeMap<String, ClusterLoadAssignment>();
        for (var resource : resources(gateway, "eds.pb.gz")) {
            Any any = resource.getResource();
            all.put(resource.getName(), any.unpack(ClusterLoadAssignment.class));
        }
        return all;
    }

    private static List<Resource> resources(String gateway, String file) throws IOException {
        var all = new ArrayList<Resource>();
        var path = directory().orElseThrow().resolve(gateway).resolve(file);
        if (!Files.exists(path)) {
            return all;
        }
        try (var in = new GZIPInputStream(Files.newInputStream(path))) {
            while (true) {
                var response = DeltaDiscoveryResponse.parseDelimitedFrom(in);
                if (response == null) {
                    return all;
                }
                all.addAll(response.getResourcesList());
            }
        }
    }
}
