package dev.ambit.waypoint.route.limit;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.match.HeaderMatch;
import dev.ambit.waypoint.match.QueryMatch;
import dev.ambit.waypoint.route.HeaderValue;
import io.netty.util.NetUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a descriptor is made of a request (`envoy.config.route.v3.RateLimit`): each action adds an
/// entry. Where one has no value, the request is not counted by this rule.
///
/// @param stage which of several rate limit filters this is for
public record DescriptorRule(int stage, List<Action> actions) {
    public sealed interface Action {
        /// @param localCluster this proxy's own
        record SourceCluster(String localCluster) implements Action {}

        record DestinationCluster() implements Action {}

        /// @param skipIfAbsent whether only this entry is left out for a request without the header
        record RequestHeader(String header, String key, boolean skipIfAbsent) implements Action {}

        record QueryParameter(String name, String key, boolean skipIfAbsent) implements Action {}

        record RemoteAddress() implements Action {}

        /// `masked_remote_address`.
        record MaskedRemoteAddress(int v4Bits, int v6Bits) implements Action {}

        record GenericKey(String key, HeaderValue value) implements Action {}

        /// @param expected whether the headers must match, or must not
        record HeaderValueMatch(
                String key, HeaderValue value, boolean expected, List<HeaderMatch> headers)
                implements Action {}

        record QueryValueMatch(
                String key, HeaderValue value, boolean expected, List<QueryMatch> parameters)
                implements Action {}

        /// @param dynamic whether metadata of the exchange is meant, or of the route
        /// @param fallback empty for none
        record Metadata(
                String key,
                boolean dynamic,
                String filter,
                List<String> path,
                String fallback,
                boolean skipIfAbsent)
                implements Action {}
    }

    /// What a rule may look at.
    ///
    /// @param cluster that the route chose
    /// @param routeMetadata of the route
    public record Subject(
            RequestHead request,
            StreamInfo info,
            String cluster,
            Map<String, Map<String, Object>> routeMetadata) {}

    /// Null where the request is not counted by this rule.
    public @Nullable Descriptor describe(Subject subject) {
        var entries = new ArrayList<Descriptor.Entry>(actions.size());
        for (int at = 0; at < actions.size(); at++) {
            if (!add(actions.get(at), subject, entries)) {
                return null;
            }
        }
        return entries.isEmpty() ? null : new Descriptor(entries);
    }

    private static boolean add(Action action, Subject subject, List<Descriptor.Entry> into) {
        return switch (action) {
            case Action.SourceCluster(var local) -> put(into, "source_cluster", local);
            case Action.DestinationCluster() -> put(into, "destination_cluster", subject.cluster());
            case Action.RequestHeader(var header, var key, boolean skip) -> {
                var value = first(subject.request(), header);
                yield value == null ? skip : put(into, key, value);
            }
            case Action.QueryParameter(var name, var key, boolean skip) -> {
                var value = QueryMatch.first(subject.request().path(), name);
                yield value == null ? skip : put(into, key, value);
            }
            case Action.RemoteAddress() -> {
                var ip = subject.info().remote().getAddress();
                yield ip != null && put(into, "remote_address", NetUtil.toAddressString(ip));
            }
            case Action.MaskedRemoteAddress(int v4, int v6) -> {
                var ip = subject.info().remote().getAddress();
                yield ip != null
                        && put(into, "masked_remote_address", MaskedAddress.text(ip, v4, v6));
            }
            case Action.GenericKey(var key, var value) ->
                    put(into, key, value.format(subject.request(), null, subject.info()));
            case Action.HeaderValueMatch(var key, var value, boolean expected, var headers) ->
                    allHeaders(headers, subject.request()) == expected
                            && put(
                                    into,
                                    key,
                                    value.format(subject.request(), null, subject.info()));
            case Action.QueryValueMatch(var key, var value, boolean expected, var parameters) ->
                    allParameters(parameters, subject.request()) == expected
                            && put(
                                    into,
                                    key,
                                    value.format(subject.request(), null, subject.info()));
            case Action.Metadata metadata -> addMetadata(metadata, subject, into);
        };
    }

    private static boolean addMetadata(
            Action.Metadata action, Subject subject, List<Descriptor.Entry> into) {
        Object at =
                (action.dynamic() ? subject.info().dynamicMetadata() : subject.routeMetadata())
                        .get(action.filter());
        for (var step : action.path()) {
            at = at instanceof Map<?, ?> map ? map.get(step) : null;
        }
        if (at instanceof String text && !text.isEmpty()) {
            return put(into, action.key(), text);
        }
        return action.fallback().isEmpty()
                ? action.skipIfAbsent()
                : put(into, action.key(), action.fallback());
    }

    private static @Nullable String first(RequestHead request, String header) {
        var value = request.headers().get(header);
        return value == null ? request.get(header) : value;
    }

    private static boolean allHeaders(List<HeaderMatch> matches, RequestHead request) {
        for (int at = 0; at < matches.size(); at++) {
            if (!matches.get(at).matches(request)) {
                return false;
            }
        }
        return true;
    }

    private static boolean allParameters(List<QueryMatch> matches, RequestHead request) {
        for (int at = 0; at < matches.size(); at++) {
            if (!matches.get(at).matches(request.path())) {
                return false;
            }
        }
        return true;
    }

    private static boolean put(List<Descriptor.Entry> into, String key, String value) {
        into.add(new Descriptor.Entry(key, value));
        return true;
    }
}
