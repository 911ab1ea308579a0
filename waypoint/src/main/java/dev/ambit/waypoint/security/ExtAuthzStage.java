package dev.ambit.waypoint.security;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.security.AuthzAnswer.FieldChange;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Step;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// `envoy.filters.http.ext_authz`: asks an authorization server, on the exchange's loop.
public final class ExtAuthzStage implements HttpStage {
    /// Also where its dynamic metadata is.
    public static final String NAMESPACE = "envoy.filters.http.ext_authz";

    private static final String PARTIAL = "x-envoy-auth-partial-body";
    private static final AtomicLong STAGES = new AtomicLong();

    private final String name;
    private final AuthzConfig config;
    private final AuthzClient client;
    private final LongSupplier nanoTime;
    private final LongAdder ok;
    private final LongAdder denied;
    private final LongAdder error;
    private final LongAdder disabled;
    private final LongAdder allowedOnError;
    private final LongAdder invalid;

    /// Of filter state, for what is to be done with the response: one chain may have several stages
    /// of one name.
    private final String responseKey = "ambit.ext_authz." + STAGES.incrementAndGet();

    public ExtAuthzStage(
            String name,
            AuthzConfig config,
            AuthzCheck.Codec codec,
            SecurityLimits limits,
            LongSupplier nanoTime,
            SecurityCounters counters) {
        this.name = name;
        this.config = config;
        this.nanoTime = nanoTime;
        client = new AuthzClient(config.service(), codec, limits);
        ok = counters.counter("http.ext_authz.ok");
        denied = counters.counter("http.ext_authz.denied");
        error = counters.counter("http.ext_authz.error");
        disabled = counters.counter("http.ext_authz.disabled");
        allowedOnError = counters.counter("http.ext_authz.failure_mode_allowed");
        invalid = counters.counter("http.ext_authz.invalid");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Step onRequest(Exchange exchange) {
        var route = perRoute(exchange);
        // Without a route nothing is reached: the router's 404 needs no server's consent.
        if (exchange.route() == null || route != null && route.disabled()) {
            return Step.NEXT;
        }
        if (!isEnabled(exchange)) {
            disabled.increment();
            return config.denyDisabled()
                    ? Step.answer(failure(config.statusOnError(), "ext_authz_error"))
                    : Step.NEXT;
        }
        var body = body(route);
        return body.isPresent() && exchange.request().upgrade() == null
                ? new Step.NeedBody(body.get().maxBytes(), body.get().partial())
                : ask(exchange, route, null, true);
    }

    private AuthzConfig.@Nullable PerRoute perRoute(Exchange exchange) {
        return exchange.routeConfig(name) instanceof AuthzConfig.PerRoute own ? own : null;
    }

    private boolean isEnabled(Exchange exchange) {
        return config.enabled().isEmpty()
                || config.enabled().get().matches(exchange.info().dynamicMetadata());
    }

    private Optional<AuthzConfig.Body> body(AuthzConfig.@Nullable PerRoute route) {
        if (route == null) {
            return config.body();
        }
        if (route.noBody()) {
            return Optional.empty();
        }
        return route.body().isPresent() ? route.body() : config.body();
    }

    @Override
    public Step onBody(Exchange exchange, ByteBuf body, boolean complete) {
        var route = perRoute(exchange);
        int most = body(route).map(AuthzConfig.Body::maxBytes).orElse(0);
        int length = Math.min(body.readableBytes(), most);
        boolean whole = complete && length == body.readableBytes();
        var bytes =
                length == 0 ? null : ByteBufUtil.getBytes(body, body.readerIndex(), length, true);
        return ask(exchange, route, bytes, whole);
    }

    private Step ask(
            Exchange exchange,
            AuthzConfig.@Nullable PerRoute route,
            byte @Nullable [] body,
            boolean whole) {
        var fields = visible(exchange.request());
        if (body != null) {
            fields.set(PARTIAL, whole ? "false" : "true");
        }
        var check =
                new AuthzCheck(
                        exchange.info(),
                        exchange.request(),
                        fields,
                        body,
                        body(route).map(AuthzConfig.Body::asBytes).orElse(false),
                        route == null ? Map.of() : route.context(),
                        metadata(exchange),
                        config.tellSni());
        var question = new Question(exchange, nanoTime.getAsLong());
        var call =
                ServiceCall.start(
                        exchange.upstreams(),
                        exchange.loop(),
                        exchange.info().connection(),
                        client.request(check),
                        question);
        return question.begun(call);
    }

    /// One request's question, whose answer may come at once or later.
    private final class Question implements ServiceCall.Listener {
        private final Exchange exchange;
        private final long startNanos;
        private @Nullable Step atOnce;
        private boolean later;

        Question(Exchange exchange, long startNanos) {
            this.exchange = exchange;
            this.startNanos = startNanos;
        }

        Step begun(ServiceCall call) {
            if (atOnce != null) {
                return atOnce;
            }
            later = true;
            exchange.whenEnded(call::cancel);
            return Step.LATER;
        }

        @Override
        public void onResult(ServiceCall.Result result) {
            if (later && exchange.ended()) {
                return;
            }
            var step = take(exchange, client.answer(result), startNanos);
            if (later) {
                exchange.resume(step);
            } else {
                atOnce = step;
            }
        }
    }

    /// The head as a server may see it, repeated fields joined.
    private Headers visible(RequestHead head) {
        var visible = new Headers();
        see(visible, ":authority", head.authority());
        see(visible, ":method", head.method());
        see(visible, ":path", head.path());
        see(visible, ":scheme", head.scheme());
        var headers = head.headers();
        for (int i = 0; i < headers.size(); i++) {
            var field = headers.name(i);
            // What a caller says about the body that we send is not ours.
            if (field.equals(PARTIAL) || !isVisible(field)) {
                continue;
            }
            var before = visible.get(field);
            visible.set(field, before == null ? headers.value(i) : before + "," + headers.value(i));
        }
        return visible;
    }

    private void see(Headers into, String field, String value) {
        if (!value.isEmpty() && isVisible(field)) {
            into.add(field, value);
        }
    }

    private boolean isVisible(String field) {
        if (AuthzConfig.any(config.hidden(), field)) {
            return false;
        }
        if (config.service() instanceof AuthzConfig.Service.Http) {
            return field.equals("authorization")
                    || field.startsWith(":")
                    || config.allowed().isPresent()
                            && AuthzConfig.any(config.allowed().get(), field);
        }
        return config.allowed().isEmpty() || AuthzConfig.any(config.allowed().get(), field);
    }

    private Map<String, Map<String, Object>> metadata(Exchange exchange) {
        if (config.metadata().isEmpty()) {
            return Map.of();
        }
        var all = exchange.info().dynamicMetadata();
        var told = new java.util.HashMap<String, Map<String, Object>>();
        for (var namespace : config.metadata()) {
            var values = all.get(namespace);
            if (values != null) {
                told.put(namespace, values);
            }
        }
        return told;
    }

    private Step take(Exchange exchange, AuthzAnswer answer, long startNanos) {
        return switch (answer) {
            case AuthzAnswer.Allowed allowed -> allowed(exchange, allowed, startNanos);
            case AuthzAnswer.Denied deniedNow -> {
                denied.increment();
                remember(exchange, deniedNow.metadata());
                yield Step.answer(
                        new LocalReply(
                                deniedNow.status(),
                                deniedNow.body(),
                                valid(deniedNow.headers()),
                                OptionalInt.empty(),
                                Optional.of(ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE),
                                "ext_authz_denied"));
            }
            case AuthzAnswer.Failed _ -> failed(exchange);
        };
    }

    private Step failed(Exchange exchange) {
        error.increment();
        if (!config.allowOnError()) {
            return Step.answer(failure(config.statusOnError(), "ext_authz_error"));
        }
        allowedOnError.increment();
        if (config.tellAllowed()) {
            exchange.request().headers().add("x-envoy-auth-failure-mode-allowed", "true");
        }
        return Step.NEXT;
    }

    private static LocalReply failure(int status, String details) {
        return LocalReply.of(status, "", details)
                .flagged(ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE);
    }

    private Step allowed(Exchange exchange, AuthzAnswer.Allowed allowed, long startNanos) {
        if (config.validates() && !isValid(allowed)) {
            invalid.increment();
            return Step.answer(failure(500, "ext_authz_invalid"));
        }
        if (config.takesMetadata() && !allowed.metadata().isEmpty()) {
            remember(exchange, allowed.metadata());
            exchange.info()
                    .dynamicMetadata(
                            NAMESPACE,
                            "ext_authz_duration",
                            (double) ((nanoTime.getAsLong() - startNanos) / 1_000_000));
        }
        change(exchange.request(), allowed);
        if (!allowed.response().isEmpty()) {
            exchange.info().filterState(responseKey, new ResponseChanges(allowed.response()));
        }
        if (config.clearRoute() && allowed.changesRequest()) {
            exchange.clearRoute();
        }
        ok.increment();
        return Step.NEXT;
    }

    private void remember(Exchange exchange, Map<String, Object> metadata) {
        if (config.takesMetadata()) {
            metadata.forEach(
                    (key, value) -> exchange.info().dynamicMetadata(NAMESPACE, key, value));
        }
    }

    private static boolean isValid(AuthzAnswer.Allowed allowed) {
        for (var change : allowed.request()) {
            if (!FieldRules.isValid(change.name(), change.value())) {
                return false;
            }
        }
        for (var change : allowed.response()) {
            if (!FieldRules.isValid(change.name(), change.value())) {
                return false;
            }
        }
        return true;
    }

    private static Headers valid(Headers headers) {
        var valid = new Headers();
        for (int i = 0; i < headers.size(); i++) {
            var field = headers.name(i);
            boolean ours = field.startsWith(":") || AuthzClient.isOwn(field);
            if (!ours && FieldRules.isValid(field, headers.value(i))) {
                valid.add(field, headers.value(i));
            }
        }
        return valid;
    }

    private static void change(RequestHead head, AuthzAnswer.Allowed allowed) {
        for (var change : allowed.request()) {
            if (FieldRules.isValid(change.name(), change.value())) {
                FieldRules.apply(change, head);
            }
        }
        for (var removed : allowed.remove()) {
            FieldRules.remove(removed, head.headers());
        }
        for (var param : allowed.setParams()) {
            head.path(FieldRules.withParam(head.path(), param.name(), param.value()));
        }
        for (var param : allowed.removeParams()) {
            head.path(FieldRules.withParam(head.path(), param, null));
        }
    }

    /// What is to be done with the response.
    private record ResponseChanges(List<FieldChange> changes) {}

    @Override
    public void onResponse(Exchange exchange, ResponseHead head) {
        if (exchange.info().filterState().get(responseKey)
                instanceof ResponseChanges(var changes)) {
            for (var change : changes) {
                boolean ours = change.name().startsWith(":") || AuthzClient.isOwn(change.name());
                if (!ours && FieldRules.isValid(change.name(), change.value())) {
                    FieldRules.apply(change, head.headers());
                }
            }
        }
    }
}
