package dev.ambit.control.l7.limits;

import dev.ambit.control.resource.ambit.TrafficLimits;
import dev.ambit.control.resource.ambit.TrafficLimits.By;
import dev.ambit.control.resource.ambit.TrafficLimits.Match;
import dev.ambit.control.resource.ambit.TrafficLimits.Scope;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.config.route.v3.RateLimit.Action;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Which count a request goes to: a list of keys and values made of it. A request that an action
/// has no value for is not counted.
final class Descriptors {
    private static final String LIMIT = "limit";
    private static final String MATCH = "match";
    private static final String YES = "true";
    private static final String METHOD = ":method";
    private static final String PATH = ":path";
    private static final String SPIFFE = "spiffe://";
    private static final String ANY = "*";

    private Descriptors() {}

    /// One count for all requests.
    static boolean plain(Scope scope) {
        return scope.by().isEmpty() && scope.match().equals(Match.ALL);
    }

    static boolean needsIdentity(Scope scope) {
        return scope.by().contains(new By.Identity()) || !scope.match().identities().isEmpty();
    }

    static RateLimit actions(TrafficLimits limits, String name, Scope scope) {
        var rate =
                RateLimit.newBuilder()
                        .addActions(
                                Action.newBuilder()
                                        .setGenericKey(
                                                Action.GenericKey.newBuilder()
                                                        .setDescriptorKey(LIMIT)
                                                        .setDescriptorValue(id(limits, name))));
        var headers = headers(scope.match());
        if (!headers.isEmpty()) {
            rate.addActions(
                    Action.newBuilder()
                            .setHeaderValueMatch(
                                    Action.HeaderValueMatch.newBuilder()
                                            .setDescriptorKey(MATCH)
                                            .setDescriptorValue(YES)
                                            .addAllHeaders(headers)));
        }
        for (var by : scope.by()) {
            rate.addActions(
                    Action.newBuilder()
                            .setRequestHeaders(
                                    Action.RequestHeaders.newBuilder()
                                            .setHeaderName(header(by))
                                            .setDescriptorKey(key(by))));
        }
        return rate.build();
    }

    /// The same as `actions` makes, with any value where it is of the request.
    static List<RateLimitDescriptor.Entry> entries(TrafficLimits limits, String name, Scope scope) {
        var entries = new ArrayList<RateLimitDescriptor.Entry>();
        entries.add(entry(LIMIT, id(limits, name)));
        if (!scope.match().equals(Match.ALL)) {
            entries.add(entry(MATCH, YES));
        }
        scope.by().forEach(by -> entries.add(entry(key(by), "")));
        return entries;
    }

    private static RateLimitDescriptor.Entry entry(String key, String value) {
        return RateLimitDescriptor.Entry.newBuilder().setKey(key).setValue(value).build();
    }

    private static String id(TrafficLimits limits, String name) {
        return limits.meta().namespace() + "/" + limits.meta().name() + "/" + name;
    }

    private static String header(By by) {
        return switch (by) {
            case By.Identity() -> Limits.CLIENT;
            case By.Method() -> METHOD;
            case By.Path() -> PATH;
            case By.Header(var name) -> name;
        };
    }

    private static String key(By by) {
        return switch (by) {
            case By.Identity() -> "client";
            case By.Method() -> "method";
            case By.Path() -> "path";
            case By.Header(var name) -> name;
        };
    }

    private static List<HeaderMatcher> headers(Match match) {
        var matchers = new ArrayList<HeaderMatcher>();
        if (!match.methods().isEmpty()) {
            matchers.add(regex(METHOD, any(match.methods(), "")));
        }
        if (!match.paths().isEmpty()) {
            // What is asked for of a path is not part of it.
            matchers.add(regex(PATH, "(?:" + any(match.paths(), "") + ")(?:\\?.*)?"));
        }
        new TreeMap<>(match.headers()).forEach((name, value) -> matchers.add(matcher(name, value)));
        if (!match.identities().isEmpty()) {
            matchers.add(regex(Limits.CLIENT, any(match.identities(), SPIFFE)));
        }
        return matchers;
    }

    private static HeaderMatcher matcher(String name, String value) {
        var matcher = HeaderMatcher.newBuilder().setName(name);
        return value.equals(ANY)
                ? matcher.setPresentMatch(true).build()
                : matcher.setStringMatch(StringMatcher.newBuilder().setExact(value)).build();
    }

    private static HeaderMatcher regex(String name, String regex) {
        return HeaderMatcher.newBuilder()
                .setName(name)
                .setStringMatch(
                        StringMatcher.newBuilder()
                                .setSafeRegex(RegexMatcher.newBuilder().setRegex(regex)))
                .build();
    }

    /// Any of some texts, each after `before`, with `*` at the end for all that begin so.
    private static String any(List<String> texts, String before) {
        return texts.stream()
                .map(t ->
                        t.endsWith(ANY)
                                ? quoted(before + t.substring(0, t.length() - 1)) + ".*"
                                : quoted(before + t))
                .collect(Collectors.joining("|"));
    }

    /// For RE2: every sign that is no letter or digit stands for itself.
    private static String quoted(String text) {
        var quoted = new StringBuilder();
        text.codePoints()
                .forEach(c -> {
                    boolean plain =
                            c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
                    if (!plain && c < 128) {
                        quoted.append('\\');
                    }
                    quoted.appendCodePoint(c);
                });
        return quoted.toString();
    }
}
