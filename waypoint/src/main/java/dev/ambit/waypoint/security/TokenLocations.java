package dev.ambit.waypoint.security;

import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.match.QueryMatch;
import dev.ambit.waypoint.route.Cookies;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Where tokens of some providers are looked for. A location that only one of them named holds
/// tokens of its issuer alone.
final class TokenLocations {
    private static final String TOKEN =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

    private final List<InHeader> headers;
    private final List<Named> params;
    private final List<Named> cookies;

    /// Names of header fields that only we may fill.
    private final List<String> ours;

    private record InHeader(String name, String prefix, Set<String> issuers) {}

    private record Named(String name, Set<String> issuers) {}

    /// A token that was found.
    ///
    /// @param issuers whose it may be; with an empty text among them, anybody's
    record Found(String token, Set<String> issuers, Place place, String name) {
        boolean mayBeOf(String issuer) {
            return issuers.contains(issuer) || issuers.contains("");
        }

        void remove(RequestHead head) {
            switch (place) {
                case HEADER -> head.headers().remove(name);
                case PARAM -> head.path(withoutParam(head.path(), name));
                case COOKIE -> {} // Stays, as with Envoy: others may be in the same field.
            }
        }
    }

    enum Place {
        HEADER,
        PARAM,
        COOKIE
    }

    TokenLocations(List<JwtProvider> providers) {
        var inHeaders = new TreeMap<String, InHeader>();
        var inParams = new TreeMap<String, Set<String>>();
        var inCookies = new TreeMap<String, Set<String>>();
        var filled = new TreeSet<String>();
        for (var provider : providers) {
            for (var from : provider.fromHeaders()) {
                inHeaders
                        .computeIfAbsent(
                                from.name() + from.prefix(),
                                _ -> new InHeader(from.name(), from.prefix(), new TreeSet<>()))
                        .issuers
                        .add(provider.issuer());
            }
            add(inParams, provider.fromParams(), provider.issuer());
            add(inCookies, provider.fromCookies(), provider.issuer());
            if (!provider.payloadHeader().isEmpty()) {
                filled.add(provider.payloadHeader());
            }
            provider.claimHeaders().forEach(claim -> filled.add(claim.header()));
        }
        headers = List.copyOf(inHeaders.values());
        params = named(inParams);
        cookies = named(inCookies);
        ours = List.copyOf(filled);
    }

    private static void add(Map<String, Set<String>> into, List<String> names, String issuer) {
        names.forEach(name -> into.computeIfAbsent(name, _ -> new TreeSet<>()).add(issuer));
    }

    private static List<Named> named(Map<String, Set<String>> issuers) {
        return issuers.entrySet().stream().map(e -> new Named(e.getKey(), e.getValue())).toList();
    }

    /// Nobody but us may say what a token said.
    void clean(RequestHead head) {
        for (int i = 0; i < ours.size(); i++) {
            head.headers().remove(ours.get(i));
        }
    }

    List<Found> find(RequestHead head) {
        List<Found> found = null;
        for (int i = 0; i < headers.size(); i++) {
            found = inHeader(head, headers.get(i), found);
        }
        for (int i = 0; i < params.size(); i++) {
            var param = params.get(i);
            var value = QueryMatch.first(head.path(), param.name);
            if (value != null) {
                found = with(found, decoded(value), param.issuers, Place.PARAM, param.name);
            }
        }
        for (int i = 0; i < cookies.size(); i++) {
            var cookie = cookies.get(i);
            var value = Cookies.value(head.headers(), cookie.name);
            if (!value.isEmpty()) {
                found = with(found, value, cookie.issuers, Place.COOKIE, cookie.name);
            }
        }
        return found == null ? List.of() : found;
    }

    private static @Nullable List<Found> inHeader(
            RequestHead head, InHeader location, @Nullable List<Found> found) {
        var fields = head.headers();
        if (location.name.equals("authorization")) {
            // One credential: two of them are none, as with Envoy, which joins them.
            var all = fields.joined(location.name);
            var token = all == null ? null : token(all, location.prefix);
            return token == null
                    ? found
                    : with(found, token, location.issuers, Place.HEADER, location.name);
        }
        for (int at = fields.indexOf(location.name, 0);
                at >= 0;
                at = fields.indexOf(location.name, at + 1)) {
            var token = token(fields.value(at), location.prefix);
            if (token != null) {
                found = with(found, token, location.issuers, Place.HEADER, location.name);
            }
        }
        return found;
    }

    /// What comes after the prefix, wherever that stands; null where it does not.
    private static @Nullable String token(String value, String prefix) {
        if (prefix.isEmpty()) {
            return value;
        }
        int at = value.indexOf(prefix);
        if (at < 0) {
            return null;
        }
        for (int i = at + prefix.length(); i < value.length(); i++) {
            if (TOKEN.indexOf(value.charAt(i)) >= 0) {
                return value.substring(i);
            }
        }
        return value;
    }

    private static List<Found> with(
            @Nullable List<Found> found,
            String token,
            Set<String> issuers,
            Place place,
            String name) {
        var all = found == null ? new ArrayList<Found>(2) : found;
        all.add(new Found(token, issuers, place, name));
        return all;
    }

    /// Percent-decoded; what is no escape stays.
    static String decoded(String value) {
        if (value.indexOf('%') < 0) {
            return value;
        }
        var bytes = new byte[value.length()];
        int length = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            int high = c == '%' && i + 2 < value.length() ? digit(value.charAt(i + 1)) : -1;
            int low = high < 0 ? -1 : digit(value.charAt(i + 2));
            if (low >= 0) {
                bytes[length++] = (byte) (high << 4 | low);
                i += 2;
            } else {
                bytes[length++] = (byte) c;
            }
        }
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    private static int digit(char c) {
        return Character.digit(c, 16);
    }

    /// Every parameter of this name is taken out, the others stay as they were written.
    static String withoutParam(String path, String name) {
        int question = path.indexOf('?');
        if (question < 0) {
            return path;
        }
        int hash = path.indexOf('#', question);
        var query = path.substring(question + 1, hash < 0 ? path.length() : hash);
        var kept = new StringBuilder(path.substring(0, question));
        char before = '?';
        for (int from = 0; from <= query.length(); ) {
            int ampersand = query.indexOf('&', from);
            int to = ampersand < 0 ? query.length() : ampersand;
            var param = query.substring(from, to);
            int equals = param.indexOf('=');
            if (!decoded(equals < 0 ? param : param.substring(0, equals)).equals(name)) {
                kept.append(before).append(param);
                before = '&';
            }
            from = to + 1;
        }
        return hash < 0 ? kept.toString() : kept.append(path.substring(hash)).toString();
    }
}
