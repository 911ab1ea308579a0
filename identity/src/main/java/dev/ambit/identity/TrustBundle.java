package dev.ambit.identity;

import java.security.cert.X509Certificate;
import java.util.List;

/// The roots that a workload believes. Several while a root is being replaced.
public record TrustBundle(List<X509Certificate> roots) {
    public TrustBundle {
        roots = List.copyOf(roots);
        if (roots.isEmpty()) {
            throw new IllegalArgumentException("roots: [] (expected: at least one certificate)");
        }
    }
}
