package dev.ambit.control.token;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets only calls with a valid bearer token through. A stream is checked when it begins; it may
/// outlive its token, as at istiod.
public final class TokenInterceptor implements ServerInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(TokenInterceptor.class);
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String BEARER = "Bearer ";

    private final TokenVerifier verifier;

    public TokenInterceptor(TokenVerifier verifier) {
        this.verifier = verifier;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var header = headers.get(AUTHORIZATION);
        var result =
                header == null || !header.startsWith(BEARER)
                        ? new TokenVerifier.Result.Refused(
                                "no bearer token (expected: header authorization: Bearer ...)")
                        // A token file's last newline is not part of the token.
                        : verifier.verify(header.substring(BEARER.length()).strip());
        return switch (result) {
            case TokenVerifier.Result.Valid(var caller) ->
                    Contexts.interceptCall(
                            Context.current().withValue(Caller.KEY, caller), call, headers, next);
            case TokenVerifier.Result.Refused(var reason) -> {
                LOG.warn(
                        "{} from {}: unauthenticated: {}",
                        call.getMethodDescriptor().getBareMethodName(),
                        call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR),
                        reason);
                call.close(
                        Status.UNAUTHENTICATED.withDescription("token: " + reason), new Metadata());
                yield new ServerCall.Listener<>() {};
            }
        };
    }
}
