package dev.ambit.waypoint.route;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.match.QueryMatch;
import dev.ambit.waypoint.upstream.XxHash64;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The hash by which a request finds its host.
public final class Hashing {
    private Hashing() {}

    /// @param setCookie takes values of `set-cookie` that the response is to carry; null where no
    ///   cookie may be made
    /// @return empty where no policy has anything to hash: the choice is random then
    public static OptionalLong hash(
            List<HashPolicy> policies,
            RequestHead request,
            StreamInfo info,
            @Nullable Consumer<String> setCookie) {
        boolean any = false;
        long hash = 0;
        for (int at = 0; at < policies.size(); at++) {
            var policy = policies.get(at);
            var text = text(policy.source(), request, info, setCookie);
            if (text != null) {
                long own =
                        policy.source() instanceof HashPolicy.Source.Header header
                                ? header(header, request)
                                : hash(text, 0);
                hash = (any ? Long.rotateLeft(hash, 1) : 0) ^ own;
                any = true;
            }
            if (any && policy.terminal()) {
                break;
            }
        }
        return any ? OptionalLong.of(hash) : OptionalLong.empty();
    }

    private static @Nullable String text(
            HashPolicy.Source source,
            RequestHead request,
            StreamInfo info,
            @Nullable Consumer<String> setCookie) {
        return switch (source) {
            case HashPolicy.Source.Header(var name, _) -> request.get(name);
            case HashPolicy.Source.Cookie cookie -> cookie(cookie, request, info, setCookie);
            case HashPolicy.Source.SourceIp() -> address(info.remote());
            case HashPolicy.Source.QueryParameter(var name) ->
                    QueryMatch.first(request.path(), name);
            case HashPolicy.Source.FilterState(var key) ->
                    info.filterState().get(key) instanceof String text ? text : null;
        };
    }

    /// The order of several values does not matter.
    private static long header(HashPolicy.Source.Header header, RequestHead request) {
        var values = request.headers().all(header.name());
        if (values.isEmpty()) {
            var pseudo = request.get(header.name());
            values = pseudo == null ? List.of() : List.of(pseudo);
        }
        if (header.rewrite().isPresent()) {
            values = values.stream().map(header.rewrite().get()::apply).toList();
        }
        if (values.size() > 1) {
            values = values.stream().sorted().toList();
        }
        long hash = 0;
        for (var value : values) {
            hash = hash(value, hash);
        }
        return hash;
    }

    private static @Nullable String cookie(
            HashPolicy.Source.Cookie cookie,
            RequestHead request,
            StreamInfo info,
            @Nullable Consumer<String> setCookie) {
        var value = Cookies.value(request.headers(), cookie.name());
        if (!value.isEmpty()) {
            return value;
        }
        if (cookie.ttlSeconds().isEmpty() || setCookie == null) {
            return null;
        }
        var made = connectionHash(info);
        setCookie.accept(Cookies.setCookie(cookie, made));
        return made;
    }

    /// The same for all requests of a connection, so that those that race get the same cookie.
    private static String connectionHash(StreamInfo info) {
        var connection = info.connection();
        var local = connection.originalDst();
        var text = socket(connection.remote()) + (local == null ? "" : socket(local));
        var hex = Long.toHexString(hash(text, 0));
        return "0".repeat(16 - hex.length()) + hex;
    }

    private static String socket(InetSocketAddress address) {
        var ip = address(address);
        if (ip == null) {
            return "";
        }
        return (ip.indexOf(':') < 0 ? ip : "[" + ip + "]") + ":" + address.getPort();
    }

    /// Texts of headers are octets.
    private static long hash(String text, long seed) {
        return XxHash64.hash(text.getBytes(StandardCharsets.ISO_8859_1), seed);
    }

    private static @Nullable String address(InetSocketAddress address) {
        var ip = address.getAddress();
        return ip == null ? null : NetUtil.toAddressString(ip);
    }
}
