package dev.ambit.identity.ca;

import io.grpc.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// What a call to the control plane carries: the token, read anew each time since the kubelet
/// replaces it, the cluster's name, and what the operator adds.
///
/// @param more further headers, names in lower case
public record BearerToken(Source source, String clusterId, Map<String, String> more) {
    private static final Metadata.Key<String> AUTHORIZATION = key("authorization");
    private static final Metadata.Key<String> CLUSTER = key("clusterid");

    /// Where the token is.
    public sealed interface Source {
        record None() implements Source {}

        record File(Path path) implements Source {}

        record Literal(String token) implements Source {
            @Override
            public String toString() {
                return "Literal";
            }
        }
    }

    public BearerToken {
        more = Map.copyOf(more);
    }

    public BearerToken(Optional<Path> file, String clusterId) {
        this(file.<Source>map(Source.File::new).orElseGet(Source.None::new), clusterId, Map.of());
    }

    public Metadata headers() throws IOException {
        var headers = new Metadata();
        headers.put(CLUSTER, clusterId);
        switch (source) {
            case Source.None() -> {}
            case Source.File(var path) -> {
                // A newline at the end would break the header.
                var token = Files.readString(path).strip();
                if (token.isEmpty()) {
                    throw new IOException("token file " + path + " is empty");
                }
                headers.put(AUTHORIZATION, "Bearer " + token);
            }
            case Source.Literal(var token) -> headers.put(AUTHORIZATION, "Bearer " + token);
        }
        more.forEach((name, value) -> headers.put(key(name), value));
        return headers;
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
