package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.telemetry.cel.ExpressionContext;
import java.time.ZoneId;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What formats are compiled with: facts that do not change, and sources of what is not the
/// exchange's own.
///
/// @param process what is the same for all formats
/// @param chain `%FILTER_CHAIN_NAME%`; empty for none
/// @param ownTls whether the connection's TLS is the exchange's own: at the front, not behind it
/// @param type `%ACCESS_LOG_TYPE%`, as `DownstreamEnd`
/// @param listenerMetadata of `%METADATA(LISTENER:..)%`
public record FormatContext(
        ProcessFacts process,
        String chain,
        boolean ownTls,
        String type,
        Map<String, Map<String, Object>> listenerMetadata) {

    /// What is the same for all formats of this process.
    ///
    /// @param hostname of this machine; null where it has none
    /// @param environment null for a variable that is not set
    /// @param zone of local times
    /// @param micros the wall clock, since the epoch
    /// @param nanos the monotonic clock
    /// @param uuid a new random one at each call
    /// @param node facts for expressions: `id`, `cluster`, `metadata`, ..
    public record ProcessFacts(
            @Nullable String hostname,
            Function<String, @Nullable String> environment,
            ZoneId zone,
            LongSupplier micros,
            LongSupplier nanos,
            Supplier<String> uuid,
            Map<String, Object> node) {}

    public static FormatContext of(ProcessFacts process) {
        return new FormatContext(process, "", false, "DownstreamEnd", Map.of());
    }

    public ExpressionContext expressions() {
        return new ExpressionContext(ownTls, chain, process.node(), listenerMetadata);
    }

    public FormatContext inChain(String name, Map<String, Map<String, Object>> metadata) {
        return new FormatContext(process, name, ownTls, type, metadata);
    }

    public FormatContext atFront() {
        return new FormatContext(process, chain, true, type, listenerMetadata);
    }

    public FormatContext typed(String logType) {
        return new FormatContext(process, chain, ownTls, logType, listenerMetadata);
    }
}
