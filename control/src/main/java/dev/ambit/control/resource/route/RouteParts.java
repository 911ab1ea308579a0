package dev.ambit.control.resource.route;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What rules of routes are made of.
public final class RouteParts {
    private RouteParts() {}

    /// @param host completed; empty: a backend that can't be used
    /// @param subset of a DestinationRule, else empty
    /// @param port 0: not said
    public record Destination(String host, String subset, int port) {
        public static final Destination UNUSABLE = new Destination("", "", 0);
    }

    /// @param weight counts when there are several
    public record Target(Destination destination, int weight, HeaderChanges headers) {}

    /// A destination of connections.
    public record L4Target(Destination destination, int weight) {}

    public record HeaderChanges(HeaderChange request, HeaderChange response) {
        public static final HeaderChanges NONE =
                new HeaderChanges(HeaderChange.NONE, HeaderChange.NONE);
    }

    public record HeaderChange(
            SortedMap<String, String> set, SortedMap<String, String> add, List<String> remove) {
        public static final HeaderChange NONE =
                new HeaderChange(new TreeMap<>(), new TreeMap<>(), List.of());

        public HeaderChange {
            set = Collections.unmodifiableSortedMap(new TreeMap<>(set));
            add = Collections.unmodifiableSortedMap(new TreeMap<>(add));
            remove = List.copyOf(remove);
        }
    }

    /// What one is a part of.
    public enum Denominator {
        HUNDRED,
        MILLION
    }

    public record Fraction(int numerator, Denominator of) {
        public static final Fraction ALL = new Fraction(100, Denominator.HUNDRED);

        /// Cut to a ten-thousandth of a percent.
        public static Fraction percent(double value) {
            return new Fraction((int) (value * 10_000), Denominator.MILLION);
        }
    }

    public record Mirror(Destination destination, Fraction share) {}

    /// @param attempts 0: none
    /// @param retryOn as written; empty: the default
    public record Retry(
            int attempts,
            Optional<Duration> perTry,
            String retryOn,
            boolean remoteLocalities,
            Optional<Boolean> ignorePreviousHosts,
            Optional<Duration> backoff) {}

    /// @param uri replaces what was matched; empty: not
    /// @param authority empty: kept
    public record Rewrite(String uri, Optional<RegexRewrite> regex, String authority) {}

    public record RegexRewrite(String match, String rewrite) {}

    /// @param code one of 301, 302, 303, 307, 308
    public record Redirect(
            String uri,
            String prefixRewrite,
            String authority,
            String scheme,
            RedirectPort port,
            int code) {}

    public sealed interface RedirectPort {
        record NotSaid() implements RedirectPort {}

        record OfProtocol() implements RedirectPort {}

        record OfRequest() implements RedirectPort {}

        record Number(int port) implements RedirectPort {}
    }

    public record DirectResponse(int status, Body body) {}

    public sealed interface Body {
        record None() implements Body {}

        record Text(String value) implements Body {}

        record Bytes(ByteString value) implements Body {}
    }

    /// Neither of the two: no effect.
    public record Fault(Optional<Delay> delay, Optional<Abort> abort) {}

    public record Delay(Duration fixed, Fraction share) {}

    /// @param share not said: none
    public record Abort(AbortStatus status, Optional<Fraction> share) {}

    public sealed interface AbortStatus {
        record Http(int code) implements AbortStatus {}

        record Grpc(int code) implements AbortStatus {}
    }

    /// @param forwardUnmatched preflights of other origins go on to the destination
    public record Cors(
            List<TextMatch> origins,
            List<String> methods,
            List<String> headers,
            List<String> exposed,
            Optional<Duration> maxAge,
            Optional<Boolean> credentials,
            boolean forwardUnmatched) {
        public Cors {
            origins = List.copyOf(origins);
            methods = List.copyOf(methods);
            headers = List.copyOf(headers);
            exposed = List.copyOf(exposed);
        }
    }
}
