package dev.ambit.waypoint.security;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.stage.NetworkStep;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// `envoy.filters.network.ext_authz`: asks an authorization server about a connection, by gRPC.
public final class NetworkExtAuthz implements NetworkStage {
    /// Also where its dynamic metadata is.
    public static final String NAMESPACE = "envoy.filters.network.ext_authz";

    private final String name;
    private final AuthzConfig config;
    private final AuthzClient client;
    private final LongAdder ok;
    private final LongAdder denied;
    private final LongAdder error;
    private final LongAdder disabled;
    private final LongAdder allowedOnError;

    /// @param config whose service is gRPC
    /// @param statPrefix with its dot
    public NetworkExtAuthz(
            String name,
            AuthzConfig config,
            AuthzCheck.Codec codec,
            SecurityLimits limits,
            String statPrefix,
            SecurityCounters counters) {
        if (!(config.service() instanceof AuthzConfig.Service.Grpc)) {
            throw new IllegalArgumentException(
                    "authorization of connections by " + config.service() + " (expected: by gRPC)");
        }
        this.name = name;
        this.config = config;
        client = new AuthzClient(config.service(), codec, limits);
        var prefix = "ext_authz." + statPrefix;
        ok = counters.counter(prefix + "ok");
        denied = counters.counter(prefix + "denied");
        error = counters.counter(prefix + "error");
        disabled = counters.counter(prefix + "disabled");
        allowedOnError = counters.counter(prefix + "failure_mode_allowed");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public NetworkStep onConnection(Connection connection) {
        var enabled = config.enabled();
        if (enabled.isPresent() && !enabled.get().matches(connection.info().dynamicMetadata())) {
            disabled.increment();
            return NetworkStep.PASS;
        }
        var check =
                new AuthzCheck(
                        connection.info(),
                        null,
                        new Headers(),
                        null,
                        false,
                        Map.of(),
                        Map.of(),
                        config.tellSni());
        var question = new Question(connection);
        var call =
                ServiceCall.start(
                        connection.upstreams(),
                        connection.loop(),
                        connection.info().connection(),
                        client.request(check),
                        question);
        return question.begun(call);
    }

    private final class Question implements ServiceCall.Listener {
        private final Connection connection;
        private @Nullable NetworkStep atOnce;
        private boolean later;

        Question(Connection connection) {
            this.connection = connection;
        }

        NetworkStep begun(ServiceCall call) {
            if (atOnce != null) {
                return atOnce;
            }
            later = true;
            connection.whenEnded(call::cancel);
            return NetworkStep.LATER;
        }

        @Override
        public void onResult(ServiceCall.Result result) {
            if (later && connection.ended()) {
                return;
            }
            var step = take(connection, client.answer(result));
            if (later) {
                connection.resume(step);
            } else {
                atOnce = step;
            }
        }
    }

    private NetworkStep take(Connection connection, AuthzAnswer answer) {
        return switch (answer) {
            case AuthzAnswer.Allowed allowed -> {
                ok.increment();
                remember(connection, allowed.metadata());
                yield NetworkStep.PASS;
            }
            case AuthzAnswer.Denied refused -> {
                denied.increment();
                remember(connection, refused.metadata());
                yield close("ext_authz_denied");
            }
            case AuthzAnswer.Failed _ -> {
                error.increment();
                if (config.allowOnError()) {
                    allowedOnError.increment();
                    yield NetworkStep.PASS;
                }
                yield close("ext_authz_error");
            }
        };
    }

    private static void remember(Connection connection, Map<String, Object> metadata) {
        metadata.forEach((key, value) -> connection.info().dynamicMetadata(NAMESPACE, key, value));
    }

    private static NetworkStep close(String details) {
        return new NetworkStep.Close(
                Optional.of(ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE), details);
    }
}
