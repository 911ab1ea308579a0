package dev.ambit.waypoint.stage;

import dev.ambit.waypoint.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// A stage that its chain has switched off, and a route may switch on (`HttpFilter.disabled`).
public record OffStage(HttpStage stage) implements HttpStage {
    @Override
    public boolean offByDefault() {
        return true;
    }

    @Override
    public String name() {
        return stage.name();
    }

    @Override
    public Step onRequest(Exchange exchange) {
        return stage.onRequest(exchange);
    }

    @Override
    public Step onBody(Exchange exchange, ByteBuf body, boolean complete) {
        return stage.onBody(exchange, body, complete);
    }

    @Override
    public void onResponse(Exchange exchange, ResponseHead head) {
        stage.onResponse(exchange, head);
    }

    @Override
    public @Nullable BodyTransform requestBody(Exchange exchange) {
        return stage.requestBody(exchange);
    }

    @Override
    public @Nullable BodyTransform responseBody(Exchange exchange, ResponseHead head) {
        return stage.responseBody(exchange, head);
    }
}
