package dev.ambit.ztunnel;

import dev.ambit.mesh.local.LocalMesh;
import dev.ambit.mesh.local.LocalMeshFault;
import dev.ambit.ztunnel.ZtunnelConfig.LocalMeshSource;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;

/// Reads the local mesh, once, at start. One that can't be read whole is no mesh at all.
final class LocalMeshFile {
    private LocalMeshFile() {}

    static LocalMesh load(Optional<LocalMeshSource> source) throws IOException {
        if (source.isEmpty()) {
            return LocalMesh.NONE;
        }
        return switch (source.get()) {
            case LocalMeshSource.File(var path) ->
                    parse("LOCAL_XDS_PATH " + path, Files.readString(path));
            case LocalMeshSource.Inline(var yaml) -> parse("LOCAL_XDS", yaml);
        };
    }

    private static LocalMesh parse(String where, String yaml) throws IOException {
        try {
            return LocalMesh.parse(yaml);
        } catch (LocalMeshFault unusable) {
            throw new IOException(where + ": " + unusable.getMessage(), unusable);
        }
    }
}
