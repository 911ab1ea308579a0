package dev.ambit.control.token;

/// A Kubernetes service account.
public record Account(String namespace, String name) {
    /// @throws IllegalArgumentException when `text` is not `namespace/name`
    public static Account parse(String text) {
        int slash = text.indexOf('/');
        if (slash <= 0 || slash == text.length() - 1 || text.indexOf('/', slash + 1) >= 0) {
            throw new IllegalArgumentException(
                    "service account: '" + text + "' (expected: namespace/name)");
        }
        return new Account(text.substring(0, slash), text.substring(slash + 1));
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
