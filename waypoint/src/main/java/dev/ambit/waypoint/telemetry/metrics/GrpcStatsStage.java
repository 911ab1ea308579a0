package dev.ambit.waypoint.telemetry.metrics;

import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.Step;
import dev.ambit.waypoint.telemetry.Facts;
import io.netty.buffer.ByteBuf;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// Envoy's `grpc_stats`: counts the messages of gRPC exchanges, for Istio's metrics.
public final class GrpcStatsStage implements HttpStage {
    private static final int PREFIX = 5;

    private final String name;

    public GrpcStatsStage(String name) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Step onRequest(Exchange exchange) {
        var info = exchange.info();
        if (Facts.isGrpc(exchange.request()) && GrpcMessages.of(info) == null) {
            info.filterState(GrpcMessages.KEY, new GrpcMessages(info));
        }
        return Step.NEXT;
    }

    @Override
    public @Nullable BodyTransform requestBody(Exchange exchange) {
        var messages = GrpcMessages.of(exchange.info());
        return messages == null ? null : new Counter(messages::countRequests);
    }

    @Override
    public @Nullable BodyTransform responseBody(Exchange exchange, ResponseHead head) {
        var messages = GrpcMessages.of(exchange.info());
        return messages == null ? null : new Counter(messages::countResponses);
    }

    /// Looks at the prefix of each message, one byte of flags and four of length, and skips the
    /// rest.
    private static final class Counter implements BodyTransform {
        private final LongConsumer count;
        private int prefix;
        private long length;
        private long skip;

        Counter(LongConsumer count) {
            this.count = count;
        }

        @Override
        public ByteBuf onData(ByteBuf bytes) {
            int at = bytes.readerIndex();
            int end = bytes.writerIndex();
            long messages = 0;
            while (at < end) {
                if (skip > 0) {
                    long step = Math.min(skip, end - at);
                    skip -= step;
                    at += (int) step;
                } else {
                    if (prefix > 0) {
                        length = length << 8 | bytes.getUnsignedByte(at);
                    }
                    at++;
                    prefix++;
                    if (prefix == PREFIX) {
                        messages++;
                        skip = length;
                        length = 0;
                        prefix = 0;
                    }
                }
            }
            if (messages > 0) {
                count.accept(messages);
            }
            return bytes;
        }
    }
}
