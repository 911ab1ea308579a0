package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.format.Basic.Number;
import dev.ambit.waypoint.telemetry.format.Operators.Argument;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// Instants and durations. Of `StreamInfo`'s instants, 0 is one that has not come.
final class TimeOperators {
    private static final int NANOS_PER_MILLI = 1_000_000;
    private static final int NANOS_PER_MICRO = 1_000;
    private static final long MICROS = 1_000_000;
    private static final int MICROS_PER_MILLI = 1_000;

    private TimeOperators() {}

    static void fill(Operators.Table table) {
        start(table, "START_TIME", false, false);
        start(table, "START_TIME_LOCAL", true, false);
        start(table, "EMIT_TIME", false, true);
        start(table, "EMIT_TIME_LOCAL", true, true);
        table.put(
                "DURATION",
                Argument.NONE,
                false,
                (_, context) ->
                        new Number(info -> {
                            long end =
                                    info.endNanos == 0
                                            ? context.process().nanos().getAsLong()
                                            : info.endNanos;
                            return (end - info.startNanos) / NANOS_PER_MILLI;
                        }));
        since(table, "REQUEST_DURATION", info -> info.requestEndNanos);
        since(table, "REQUEST_TX_DURATION", info -> info.upstreamLastSentNanos);
        since(table, "RESPONSE_DURATION", info -> info.upstreamFirstReceivedNanos);
        table.plain(
                "RESPONSE_TX_DURATION",
                new Number(info ->
                        between(
                                info.upstreamFirstReceivedNanos,
                                info.downstreamLastSentNanos,
                                NANOS_PER_MILLI)));
        table.plain("DOWNSTREAM_HANDSHAKE_DURATION", new Number(_ -> Basic.NONE));
        table.plain("ROUNDTRIP_DURATION", new Number(_ -> Basic.NONE));
        since(
                table,
                "UPSTREAM_CONNECTION_POOL_READY_DURATION",
                info -> info.upstreamFirstSentNanos);
        table.put("COMMON_DURATION", Argument.REQUIRED, false, (command, _) -> common(command));
    }

    private static void since(
            Operators.Table table, String name, ToLongFunction<StreamInfo> instant) {
        table.plain(
                name,
                new Number(info ->
                        between(info.startNanos, instant.applyAsLong(info), NANOS_PER_MILLI)));
    }

    private static long between(long from, long to, int unit) {
        return from == 0 || to == 0 || to < from ? Basic.NONE : (to - from) / unit;
    }

    private static Operator common(FormatParser.Command command) throws FormatFault {
        var parts = command.argument().split(":", -1);
        if (parts.length < 2 || parts.length > 3) {
            throw new FormatFault(
                    "Invalid common duration configuration: " + command.argument() + ".");
        }
        int unit =
                switch (parts.length == 3 ? parts[2] : "ms") {
                    case "ms" -> NANOS_PER_MILLI;
                    case "us" -> NANOS_PER_MICRO;
                    case "ns" -> 1;
                    default ->
                            throw new FormatFault(
                                    "Invalid common duration precision: " + parts[2] + ".");
                };
        var from = instant(parts[0]);
        var to = instant(parts[1]);
        return new Number(info -> between(from.applyAsLong(info), to.applyAsLong(info), unit));
    }

    private static ToLongFunction<StreamInfo> instant(String name) {
        return switch (name) {
            case "DS_RX_BEG" -> info -> info.startNanos;
            case "DS_RX_END" -> info -> info.requestEndNanos;
            case "US_TX_BEG" -> info -> info.upstreamFirstSentNanos;
            case "US_TX_END" -> info -> info.upstreamLastSentNanos;
            case "US_RX_BEG" -> info -> info.upstreamFirstReceivedNanos;
            case "US_RX_END" -> info -> info.upstreamLastReceivedNanos;
            case "DS_TX_BEG" -> info -> info.downstreamFirstSentNanos;
            case "DS_TX_END" -> info -> info.downstreamLastSentNanos;
            default -> _ -> 0;
        };
    }

    private static void start(Operators.Table table, String name, boolean local, boolean emit) {
        table.put(
                name,
                Argument.OPTIONAL,
                false,
                (command, context) -> {
                    ToLongFunction<StreamInfo> micros =
                            emit
                                    ? _ -> context.process().micros().getAsLong()
                                    : info -> info.startMicros;
                    ZoneId zone = local ? context.process().zone() : ZoneOffset.UTC;
                    if (command.argument().isEmpty() && !local) {
                        return new Iso(micros);
                    }
                    var format =
                            new Strftime(
                                    command.argument().isEmpty()
                                            ? "%Y-%m-%dT%H:%M:%E3S%z"
                                            : command.argument(),
                                    zone);
                    return new Basic.Text(info -> format.format(micros.applyAsLong(info)));
                });
    }

    /// `2026-01-02T03:04:05.678Z`. All but the milliseconds is kept for the rest of its second.
    private static final class Iso implements Operator {
        private record Second(long second, String text) {}

        private final ToLongFunction<StreamInfo> micros;
        private final Strftime seconds;

        /// Of whoever came last; a race costs no more than the work again.
        private volatile @Nullable Second last;

        Iso(ToLongFunction<StreamInfo> micros) throws FormatFault {
            this.micros = micros;
            this.seconds = new Strftime("%Y-%m-%dT%H:%M:%S.", ZoneOffset.UTC);
        }

        @Override
        public String text(StreamInfo info) {
            var out = new StringBuilder(24);
            append(out, info);
            return out.toString();
        }

        @Override
        public boolean append(StringBuilder out, StreamInfo info) {
            long now = micros.applyAsLong(info);
            long second = Math.floorDiv(now, MICROS);
            var known = last;
            if (known == null || known.second != second) {
                known = new Second(second, seconds.format(now));
                last = known;
            }
            out.append(known.text);
            Strftime.pad(out, (int) (Math.floorMod(now, MICROS) / MICROS_PER_MILLI), 3);
            out.append('Z');
            return true;
        }
    }
}
