package dev.ambit.control.token;

import io.grpc.Context;
import java.util.Optional;

/// Who a valid token speaks for.
///
/// @param pod the pod it is bound to, if it is
/// @param node that pod's node, where the API server put it into the token
public record Caller(Account account, Optional<String> pod, Optional<String> node) {
    static final Context.Key<Caller> KEY = Context.key("caller");

    /// The caller of the gRPC call that this thread handles.
    ///
    /// @throws IllegalStateException when the service was put up without {@link TokenInterceptor}
    public static Caller current() {
        var caller = KEY.get();
        if (caller == null) {
            throw new IllegalStateException("no caller: the service lacks the token interceptor");
        }
        return caller;
    }

    @Override
    public String toString() {
        return account
                + pod.map(p -> " pod " + p).orElse("")
                + node.map(n -> " node " + n).orElse("");
    }
}
