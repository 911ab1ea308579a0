package dev.ambit.waypoint.xds;

import com.google.protobuf.CodedInputStream;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.discovery.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/// What a real istiod sent to waypoints: a directory outside the project, found through
/// `AMBIT_RECORDINGS` or beside the repository.
public final class Recorded {
    private Recorded() {}

    private static Optional<Path> directory() {
        var named = System.getenv("AMBIT_RECORDINGS");
        var directory =
                named == null ? Path.of("..", "..", "shared", "recordings") : Path.of(named);
        return Files.isDirectory(directory) ? Optional.of(directory) : Optional.empty();
    }

    /// `case/gateway` of each waypoint and east-west gateway; none where there are no recordings.
    public static List<String> gateways() throws IOException {
        var all = new ArrayList<String>();
        if (directory().isEmpty()) {
            return all;
        }
        try (var files = Files.walk(directory().get(), 3)) {
            files.filter(file -> file.endsWith("lds.pb.gz"))
                    .map(file -> directory().get().relativize(file.getParent()).toString())
                    .sorted()
                    .forEach(all::add);
        }
        return all;
    }

    /// The messages as they came.
    ///
    /// @param type `cds`, `eds`, `lds` or `wds`
    public static List<DeltaDiscoveryResponse> messages(String gateway, String type)
            throws IOException {
        var file = directory().orElseThrow().resolve(gateway).resolve(type + ".pb.gz");
        var all = new ArrayList<DeltaDiscoveryResponse>();
        if (!Files.exists(file)) {
            return all;
        }
        try (var in = new GZIPInputStream(Files.newInputStream(file))) {
            var coded = CodedInputStream.newInstance(in);
            coded.setSizeLimit(Integer.MAX_VALUE);
            while (!coded.isAtEnd()) {
                int limit = coded.pushLimit(coded.readRawVarint32());
                all.add(DeltaDiscoveryResponse.parseFrom(coded));
                coded.popLimit(limit);
            }
        }
        return all;
    }

    public static List<Resource> resources(String gateway, String type) throws IOException {
        var all = new ArrayList<Resource>();
        messages(gateway, type).forEach(message -> all.addAll(message.getResourcesList()));
        return all;
    }
}
