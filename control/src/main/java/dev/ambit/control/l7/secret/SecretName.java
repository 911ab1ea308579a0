package dev.ambit.control.l7.secret;

import java.util.Optional;

/// The name of a secret as configuration asks for it.
///
/// @param namespace of the Kubernetes object
/// @param text the whole name, as it was asked for
record SecretName(Source source, String namespace, String name, String text) {
    private static final String CA = "-cacert";

    enum Source {
        /// `kubernetes://name` or `kubernetes://namespace/name`: a Secret.
        SECRET("kubernetes://"),
        /// `kubernetes-gateway://namespace/name`: a Secret that a Gateway refers to.
        GATEWAY_SECRET("kubernetes-gateway://"),
        /// `configmap://namespace/name`: a ConfigMap with a CA certificate.
        CONFIG_MAP("configmap://");

        private final String prefix;

        Source(String prefix) {
            this.prefix = prefix;
        }
    }

    /// @param own namespace of who asks: what a name without one means
    /// @return empty for names that are none of ours, such as `default`, which is the proxy's own
    static Optional<SecretName> parse(String text, String own) {
        for (var source : Source.values()) {
            if (text.startsWith(source.prefix)) {
                var parts = text.substring(source.prefix.length()).split("/", -1);
                boolean bare = parts.length == 1 && source == Source.SECRET;
                if (!bare && parts.length != 2) {
                    return Optional.empty();
                }
                var namespace = bare ? own : parts[0];
                var name = parts[parts.length - 1];
                return namespace.isEmpty() || name.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new SecretName(source, namespace, name, text));
            }
        }
        return Optional.empty();
    }

    /// Only the certificates to believe are meant, no key.
    boolean caOnly() {
        return source == Source.CONFIG_MAP || name.endsWith(CA);
    }

    String withoutSuffix() {
        return name.endsWith(CA) ? name.substring(0, name.length() - CA.length()) : name;
    }
}
