package dev.ambit.identity.ca;

import io.grpc.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// What a call to the control plane carries: the token, read anew each time since the kubelet
/// replaces it, and the cluster's name.
public record BearerToken(Optional<Path> file, String clusterId) {
    private static final Metadata.Key<String> AUTHORIZATION = key("authorization");
    private static final Metadata.Key<String> CLUSTER = key("clusterid");

    public Metadata headers() throws IOException {
        var headers = new Metadata();
        headers.put(CLUSTER, clusterId);
        if (file.isPresent()) {
            var token = Files.readString(file.get()).strip();
            if (token.isEmpty()) {
                throw new IOException("token file " + file.get() + " is empty");
            }
            headers.put(AUTHORIZATION, "Bearer " + token);
        }
        return headers;
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
