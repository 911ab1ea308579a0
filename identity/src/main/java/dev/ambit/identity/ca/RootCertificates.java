package dev.ambit.identity.ca;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/// By which roots a server of the control plane is proven.
public sealed interface RootCertificates {
    /// Read anew for each connection: the file is replaced when the root is.
    record File(Path path) implements RootCertificates {}

    /// PEM text.
    record Inline(String pem) implements RootCertificates {
        @Override
        public String toString() {
            return "Inline";
        }
    }

    /// Those that the Java runtime trusts.
    record OfTheSystem() implements RootCertificates {}

    /// @return PEM; empty: the system's
    /// @throws IOException when the file can't be read
    default Optional<byte[]> load() throws IOException {
        return switch (this) {
            case File(var path) -> Optional.of(Files.readAllBytes(path));
            case Inline(var pem) -> Optional.of(pem.getBytes(StandardCharsets.UTF_8));
            case OfTheSystem() -> Optional.empty();
        };
    }

    /// Changes when what `load` gives may have changed.
    default FileTime version() throws IOException {
        return switch (this) {
            case File(var path) -> Files.getLastModifiedTime(path);
            case Inline _, OfTheSystem _ -> FileTime.fromMillis(0);
        };
    }
}
