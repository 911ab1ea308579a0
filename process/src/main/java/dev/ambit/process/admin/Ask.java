package dev.ambit.process.admin;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A request to a page.
///
/// @param headers names in lower case; of those that are repeated, the last
/// @param parameters of those that are repeated, the last
public record Ask(
        String method, String path, Map<String, String> headers, Map<String, String> parameters) {

    public Ask(HttpRequest request) {
        this(request, new QueryStringDecoder(request.uri()));
    }

    private Ask(HttpRequest request, QueryStringDecoder uri) {
        this(request.method().name(), uri.path(), headers(request), parameters(uri));
    }

    private static Map<String, String> headers(HttpRequest request) {
        var all = new TreeMap<String, String>();
        request.headers()
                .forEach(h -> all.put(h.getKey().toLowerCase(java.util.Locale.ROOT), h.getValue()));
        return all;
    }

    private static Map<String, String> parameters(QueryStringDecoder uri) {
        var all = new TreeMap<String, String>();
        uri.parameters().forEach((name, values) -> all.put(name, values.getLast()));
        return all;
    }

    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    public Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name));
    }
}
