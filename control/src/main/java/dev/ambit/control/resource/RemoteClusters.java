package dev.ambit.control.resource;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `remote-NAME/` below the directory holds what the cluster NAME has: what it runs, not how the
/// mesh is configured, which is said in one place only.
final class RemoteClusters {
    private static final Pattern DIRECTORY = Pattern.compile("remote-([A-Za-z0-9][A-Za-z0-9._-]*)");

    private RemoteClusters() {}

    static boolean isDirectory(String name) {
        return DIRECTORY.matcher(name).matches();
    }

    /// The cluster that a file describes; empty for the one that is configured.
    ///
    /// @param file relative to the directory, with `/`
    static Optional<String> of(String file) {
        int slash = file.indexOf('/');
        return Optional.of(DIRECTORY.matcher(file.substring(0, Math.max(0, slash))))
                .filter(Matcher::matches)
                .map(m -> m.group(1));
    }

    /// Kinds that configure the mesh.
    static boolean configures(String group, String kind) {
        return switch (group) {
            case "security.istio.io", "networking.istio.io", "ambit.dev" -> true;
            case "gateway.networking.k8s.io" -> !kind.equals("Gateway");
            default -> false;
        };
    }
}
