package dev.ambit.control.resource;

import java.io.IOException;
import java.util.function.Consumer;

/// Where resources come from: a directory now, a Kubernetes API server later.
public interface ResourceSource extends AutoCloseable {
    /// Reads everything once, hands it to `listener` before returning, then hands over the complete
    /// new state after each change, one at a time, on a thread of its own.
    ///
    /// @throws IOException when the source cannot be read at all
    void start(Consumer<ResourceSet> listener) throws IOException;

    @Override
    void close();
}
