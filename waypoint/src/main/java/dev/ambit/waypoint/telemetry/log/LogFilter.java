package dev.ambit.waypoint.telemetry.log;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.match.HeaderMatch;
import dev.ambit.waypoint.match.MetadataMatch;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.cel.Expression;
import dev.ambit.waypoint.telemetry.trace.Span;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// Which exchanges are logged: `envoy.config.accesslog.v3.AccessLogFilter`, compiled.
public sealed interface LogFilter {
    /// Of an exchange that has ended.
    boolean accepts(StreamInfo info);

    enum Comparison {
        EQUAL,
        GREATER_OR_EQUAL,
        LESS_OR_EQUAL,
        NOT_EQUAL;

        boolean holds(long value, long than) {
            return switch (this) {
                case EQUAL -> value == than;
                case GREATER_OR_EQUAL -> value >= than;
                case LESS_OR_EQUAL -> value <= than;
                case NOT_EQUAL -> value != than;
            };
        }
    }

    record All() implements LogFilter {
        @Override
        public boolean accepts(StreamInfo info) {
            return true;
        }
    }

    record None() implements LogFilter {
        @Override
        public boolean accepts(StreamInfo info) {
            return false;
        }
    }

    /// An exchange without a status has 0.
    record StatusCode(Comparison comparison, long status) implements LogFilter {
        @Override
        public boolean accepts(StreamInfo info) {
            return comparison.holds(info.responseCode, status);
        }
    }

    record Duration(Comparison comparison, long millis) implements LogFilter {
        private static final long NANOS = 1_000_000;

        @Override
        public boolean accepts(StreamInfo info) {
            return comparison.holds((info.endNanos - info.startNanos) / NANOS, millis);
        }
    }

    /// Those with flags.
    ///
    /// @param flags of which one is set; any where there are none
    record Flags(Set<ResponseFlag> flags) implements LogFilter {
        @Override
        public boolean accepts(StreamInfo info) {
            if (flags.isEmpty()) {
                return !info.flags().isEmpty();
            }
            for (var flag : info.flags()) {
                if (flags.contains(flag)) {
                    return true;
                }
            }
            return false;
        }
    }

    /// Those whose `x-request-id` is traced.
    record Traceable() implements LogFilter {
        @Override
        public boolean accepts(StreamInfo info) {
            return info.span instanceof Span span && span.sampled();
        }
    }

    /// A share of the requests, by `x-request-id` where there is one, so that proxies agree.
    record Share(Fraction share, boolean independent) implements LogFilter {
        private static final int DIGITS = 8;
        private static final int HEX = 16;

        @Override
        public boolean accepts(StreamInfo info) {
            return share.takes(random(info.requestId));
        }

        private long random(String id) {
            if (!independent && id.length() >= DIGITS) {
                try {
                    return Long.parseLong(id.substring(0, DIGITS), HEX);
                } catch (NumberFormatException foreign) {
                    // Then by chance.
                }
            }
            return ThreadLocalRandom.current().nextLong();
        }
    }

    record And(List<LogFilter> all) implements LogFilter {
        @Override
        public boolean accepts(StreamInfo info) {
            for (var filter : all) {
                if (!filter.accepts(info)) {
                    return false;
                }
            }
            return true;
        }
    }

    record Or(List<LogFilter> any) implements LogFilter {
        @Override
        public boolean accepts(StreamInfo info) {
            for (var filter : any) {
                if (filter.accepts(info)) {
                    return true;
                }
            }
            return false;
        }
    }

    record Header(HeaderMatch match) implements LogFilter {
        @Override
        public boolean accepts(StreamInfo info) {
            return info.request == null ? match.matchesValue(null) : match.matches(info.request);
        }
    }

    /// An exchange that is no gRPC has the status that its HTTP status maps to.
    record GrpcStatus(Set<Integer> statuses, boolean exclude) implements LogFilter {
        @Override
        public boolean accepts(StreamInfo info) {
            return statuses.contains(Facts.grpcStatus(info)) != exclude;
        }
    }

    /// Those whose metadata match.
    ///
    /// @param missing what holds where there is nothing at the path
    record Metadata(MetadataMatch match, boolean missing) implements LogFilter {
        @Override
        public boolean accepts(StreamInfo info) {
            var metadata = info.dynamicMetadata();
            return Facts.at(metadata, match.filter(), match.path()) == null
                    ? missing
                    : match.matches(metadata);
        }
    }

    record Matches(Expression expression) implements LogFilter {
        @Override
        public boolean accepts(StreamInfo info) {
            return expression.matches(info);
        }
    }
}
