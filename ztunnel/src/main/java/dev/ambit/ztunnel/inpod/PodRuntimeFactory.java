package dev.ambit.ztunnel.inpod;

import dev.ambit.linux.NetworkNamespace;
import java.io.IOException;

/// Starts proxying a pod.
public interface PodRuntimeFactory {
    /// Returns once all its listeners are there.
    ///
    /// @throws IOException when the namespace is gone or a port is taken; nothing is left open
    PodRuntime start(PodInfo pod, NetworkNamespace namespace) throws IOException;

    /// A pod that is being proxied.
    interface PodRuntime {
        /// Stops at once: the pod is gone, or another runtime has taken over.
        void stop();
    }
}
