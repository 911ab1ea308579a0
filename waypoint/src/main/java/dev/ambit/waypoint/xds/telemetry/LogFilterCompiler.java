package dev.ambit.waypoint.xds.telemetry;

import com.google.protobuf.Any;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.telemetry.cel.Expressions;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.log.LogFilter;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ComparisonFilter;
import io.envoyproxy.envoy.config.accesslog.v3.GrpcStatusFilter;
import io.envoyproxy.envoy.config.accesslog.v3.LogTypeFilter;
import io.envoyproxy.envoy.config.accesslog.v3.MetadataFilter;
import io.envoyproxy.envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;

/// `AccessLogFilter`.
final class LogFilterCompiler {
    private static final String CEL =
            "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter";
    private static final int DEPTH = 16;

    private final FormatContext context;

    LogFilterCompiler(FormatContext context) {
        this.context = context;
    }

    LogFilter compile(AccessLogFilter filter) throws Refused {
        return compile(filter, DEPTH);
    }

    private LogFilter compile(AccessLogFilter filter, int depth) throws Refused {
        if (depth == 0) {
            throw new Refused("filter", "and/or", "at most " + DEPTH + " in each other");
        }
        return switch (filter.getFilterSpecifierCase()) {
            case FILTERSPECIFIER_NOT_SET, NOT_HEALTH_CHECK_FILTER -> new LogFilter.All();
            case STATUS_CODE_FILTER -> {
                var comparison = filter.getStatusCodeFilter().getComparison();
                yield new LogFilter.StatusCode(operator(comparison), value(comparison));
            }
            case DURATION_FILTER -> {
                var comparison = filter.getDurationFilter().getComparison();
                yield new LogFilter.Duration(operator(comparison), value(comparison));
            }
            case TRACEABLE_FILTER -> new LogFilter.Traceable();
            case RUNTIME_FILTER -> {
                var runtime = filter.getRuntimeFilter();
                yield new LogFilter.Share(
                        Matchers.fraction(runtime.getPercentSampled()),
                        runtime.getUseIndependentRandomness());
            }
            case AND_FILTER ->
                    new LogFilter.And(all(filter.getAndFilter().getFiltersList(), depth));
            case OR_FILTER -> new LogFilter.Or(all(filter.getOrFilter().getFiltersList(), depth));
            case HEADER_FILTER ->
                    new LogFilter.Header(Matchers.header(filter.getHeaderFilter().getHeader()));
            case RESPONSE_FLAG_FILTER ->
                    new LogFilter.Flags(flags(filter.getResponseFlagFilter().getFlagsList()));
            case GRPC_STATUS_FILTER -> grpc(filter.getGrpcStatusFilter());
            case METADATA_FILTER -> metadata(filter.getMetadataFilter());
            case LOG_TYPE_FILTER -> type(filter.getLogTypeFilter());
            case EXTENSION_FILTER -> extension(filter.getExtensionFilter().getTypedConfig());
        };
    }

    private List<LogFilter> all(List<AccessLogFilter> filters, int depth) throws Refused {
        var all = new ArrayList<LogFilter>();
        for (var each : filters) {
            all.add(compile(each, depth - 1));
        }
        return List.copyOf(all);
    }

    private static LogFilter.Comparison operator(ComparisonFilter comparison) throws Refused {
        return switch (comparison.getOpValue()) {
            case 0 -> LogFilter.Comparison.EQUAL;
            case 1 -> LogFilter.Comparison.GREATER_OR_EQUAL;
            case 2 -> LogFilter.Comparison.LESS_OR_EQUAL;
            case 3 -> LogFilter.Comparison.NOT_EQUAL;
            default ->
                    throw new Refused(
                            "comparison.op",
                            Integer.toString(comparison.getOpValue()),
                            "EQ, GE, LE or NE");
        };
    }

    /// What a runtime key might say instead is nobody's to say here: the default counts.
    private static long value(ComparisonFilter comparison) {
        return Integer.toUnsignedLong(comparison.getValue().getDefaultValue());
    }

    private static EnumSet<ResponseFlag> flags(List<String> names) throws Refused {
        var flags = EnumSet.noneOf(ResponseFlag.class);
        for (var name : names) {
            boolean found = false;
            for (var flag : ResponseFlag.values()) {
                if (flag.text().equals(name)) {
                    flags.add(flag);
                    found = true;
                }
            }
            if (!found) {
                throw new Refused(
                        "response_flag_filter.flags", name, "a short name that Envoy knows, as UF");
            }
        }
        return flags;
    }

    private static LogFilter grpc(GrpcStatusFilter filter) {
        var statuses = new HashSet<Integer>();
        for (int at = 0; at < filter.getStatusesCount(); at++) {
            statuses.add(filter.getStatusesValue(at));
        }
        return new LogFilter.GrpcStatus(statuses, filter.getExclude());
    }

    private static LogFilter metadata(MetadataFilter filter) throws Refused {
        boolean missing =
                !filter.hasMatchIfKeyNotFound() || filter.getMatchIfKeyNotFound().getValue();
        return filter.hasMatcher()
                ? new LogFilter.Metadata(Matchers.metadata(filter.getMatcher()), missing)
                : new LogFilter.All();
    }

    /// There is one type of entries in each place.
    private LogFilter type(LogTypeFilter filter) {
        boolean named = false;
        for (var type : filter.getTypesList()) {
            named |= type.name().equals(context.type());
        }
        return named == filter.getExclude() ? new LogFilter.None() : new LogFilter.All();
    }

    private LogFilter extension(Any config) throws Refused {
        if (!CompileScope.type(config).equals(CEL)) {
            throw new Refused("extension_filter", CompileScope.type(config), CEL);
        }
        var text =
                CompileScope.unpack("extension_filter", config, ExpressionFilter.parser())
                        .getExpression();
        try {
            return new LogFilter.Matches(Expressions.compile(text, context.expressions()));
        } catch (Expressions.ExpressionFault fault) {
            throw new Refused(
                    "extension_filter.expression", text, "an expression of CEL: " + fault.text());
        }
    }
}
