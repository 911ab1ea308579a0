package dev.ambit.ztunnel.inpod;

/// Whether an application sees its client's address, or its own pod's: `ENABLE_ORIG_SRC`.
public enum SourceAddress {
    /// The client's where the kernel lets us (CAP_NET_ADMIN), else the pod's, with a warning.
    BEST_EFFORT,
    /// The client's, or the pod is not proxied.
    REQUIRED,
    /// The pod's.
    OWN
}
