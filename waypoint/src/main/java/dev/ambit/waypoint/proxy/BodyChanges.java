package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.HttpStage.BodyTransform;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What stages do to the two bodies of one exchange; nothing, for most.
final class BodyChanges {
    private @Nullable List<BodyTransform> request;
    private @Nullable List<BodyTransform> response;

    void beginRequest(List<HttpStage> stages, HttpExchangeStory exchange) {
        for (int at = 0; at < stages.size(); at++) {
            var stage = stages.get(at);
            var transform = exchange.skips(stage) ? null : stage.requestBody(exchange);
            if (transform != null) {
                if (request == null) {
                    request = new ArrayList<>(2);
                }
                request.add(transform);
            }
        }
    }

    /// @param reached how many stages, from the first, the response passes
    void beginResponse(
            List<HttpStage> stages, int reached, HttpExchangeStory exchange, ResponseHead head) {
        for (int at = reached - 1; at >= 0; at--) {
            var stage = stages.get(at);
            var transform = exchange.skips(stage) ? null : stage.responseBody(exchange, head);
            if (transform != null) {
                if (response == null) {
                    response = new ArrayList<>(2);
                }
                response.add(transform);
            }
        }
    }

    boolean request() {
        return request != null;
    }

    boolean response() {
        return response != null;
    }

    ByteBuf requestData(ByteBuf bytes) {
        return data(request, 0, bytes);
    }

    ByteBuf responseData(ByteBuf bytes) {
        return data(response, 0, bytes);
    }

    @Nullable ByteBuf requestEnd(Headers trailers) {
        return end(request, trailers);
    }

    @Nullable ByteBuf responseEnd(Headers trailers) {
        return end(response, trailers);
    }

    private static ByteBuf data(@Nullable List<BodyTransform> through, int from, ByteBuf bytes) {
        var changed = bytes;
        if (through != null) {
            for (int at = from; at < through.size(); at++) {
                changed = through.get(at).onData(changed);
            }
        }
        return changed;
    }

    /// What one stage adds at the end passes those behind it.
    private static @Nullable ByteBuf end(@Nullable List<BodyTransform> through, Headers trailers) {
        ByteBuf all = null;
        if (through != null) {
            for (int at = 0; at < through.size(); at++) {
                if (all != null) {
                    all = through.get(at).onData(all);
                }
                var last = through.get(at).onEnd(trailers);
                if (last != null) {
                    all = all == null ? last : Unpooled.wrappedBuffer(all, last);
                }
            }
        }
        if (all != null && !all.isReadable()) {
            all.release();
            return null;
        }
        return all;
    }

    void release() {
        request = null;
        response = null;
    }
}
