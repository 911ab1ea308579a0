package dev.ambit.e2e.envoy;

import io.grpc.CallCredentials;
import io.grpc.Channel;

/// Who tells Envoy what to do.
public interface XdsSource extends AutoCloseable {
    Channel channel();

    CallCredentials credentials();

    @Override
    void close();
}
